import journal from './meta/_journal.json';
import m0000 from './0000_create_queue.sql';
import m0001 from './0001_add_remembered.sql';
import m0002 from './0002_create_log.sql';
import m0003 from './0003_create_line_version.sql';
import m0004 from './0004_add_subtasks.sql';
import m0005 from './0005_add_run_questions.sql';

  export default {
    journal,
    migrations: {
      m0000,
m0001,
m0002,
m0003,
m0004,
m0005
    }
  }
  