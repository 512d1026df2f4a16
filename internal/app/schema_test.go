package app

import (
	"context"
	"slices"
	"strings"
	"testing"

	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

// A key that leaves the owner out cannot be kept when the tables are spread
// over several servers by owner.
func TestEveryKeyBeginsWithTheOwnerOfTheRow(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, Schemas()...)
	declared := map[string]schema.Table{}
	for _, f := range Schemas() {
		for _, table := range f.Tables {
			if _, twice := declared[table.Name]; twice {
				t.Errorf("%s is declared twice", table.Name)
			}
			if (table.Owner == "") == (table.Why == "") {
				t.Errorf("%s must have an owner column or say why it has none", table.Name)
			}
			declared[table.Name] = table
		}
	}
	found := keys(t, db)
	for _, k := range found {
		table, ok := declared[k.table]
		if !ok {
			t.Errorf("table %s is declared by no feature", k.table)
			continue
		}
		if table.Owner != "" && (len(k.columns) == 0 || k.columns[0] != table.Owner) {
			t.Errorf("%s: the key (%s) does not begin with %s", k.table, strings.Join(k.columns, ", "), table.Owner)
		}
	}
	for name := range declared {
		if !slices.ContainsFunc(found, func(k key) bool { return k.table == name }) {
			t.Errorf("table %s is declared but not there, or has no primary key", name)
		}
	}
}

// key is a primary or unique key.
type key struct {
	table   string
	columns []string
}

func keys(t *testing.T, db *sqldb.DB) (all []key) {
	t.Helper()
	query := `SELECT m.name || ' ' || (SELECT group_concat(name, ' ') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno))
		FROM sqlite_master m JOIN pragma_index_list(m.name) l WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'goose_db_version' AND l."unique" = 1`
	if db.Postgres() {
		query = `SELECT c.relname || ' ' || string_agg(a.attname, ' ' ORDER BY k.n)
			FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace s ON s.oid = c.relnamespace AND s.nspname = current_schema()
			CROSS JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY AS k(attnum, n)
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
			WHERE i.indisunique AND c.relname <> 'goose_db_version' GROUP BY c.relname, i.indexrelid`
	}
	lines, err := sqldb.All(context.Background(), db, sqldb.Text, query)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		words := strings.Fields(line)
		all = append(all, key{words[0], words[1:]})
	}
	return all
}

func TestEveryTableHasAnOwnerThatCanFail(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t)
	if _, err := db.Exec(t.Context(), `CREATE TABLE wrong (id TEXT PRIMARY KEY, owner TEXT NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, db); len(got) != 1 || got[0].table != "wrong" || !slices.Equal(got[0].columns, []string{"id"}) {
		t.Errorf("the keys of a table are not seen: %v", got)
	}
}
