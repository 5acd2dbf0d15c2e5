import journal from './meta/_journal.json';
import m0000 from './0000_create_repository.sql';
import m0001 from './0001_keep_packs.sql';
import m0002 from './0002_drop_commits.sql';

  export default {
    journal,
    migrations: {
      m0000,
m0001,
m0002
    }
  }
  