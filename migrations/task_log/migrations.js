import journal from './meta/_journal.json';
import m0000 from './0000_create_log.sql';
import m0001 from './0001_move_output.sql';
import m0002 from './0002_join_facts.sql';
import m0003 from './0003_time_output.sql';

  export default {
    journal,
    migrations: {
      m0000,
m0001,
m0002,
m0003
    }
  }
  