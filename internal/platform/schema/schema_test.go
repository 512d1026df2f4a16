package schema_test

import (
	"testing"
	"testing/fstest"

	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

func feature(files ...string) schema.Feature {
	f := schema.Feature{Name: "test", FS: fstest.MapFS{}}
	for _, name := range files {
		f.FS.(fstest.MapFS)["migrations/"+name] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE t" + name[:12] + " (id TEXT PRIMARY KEY);\n")}
	}
	return f
}

func TestAMigrationWithANumberBelowTheNewestIsAppliedToo(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, feature("202601010002_second.sql"))
	all := feature("202601010001_first.sql", "202601010002_second.sql")
	if ok, err := schema.Current(t.Context(), db, all); ok || err != nil {
		t.Fatalf("before: current is %v, %v", ok, err)
	}
	if n, err := schema.Up(t.Context(), db, all); n != 1 || err != nil {
		t.Fatalf("applied %d, %v", n, err)
	}
	if ok, err := schema.Current(t.Context(), db, all); !ok || err != nil {
		t.Fatalf("after: current is %v, %v", ok, err)
	}
	if _, err := sqldb.One(t.Context(), db, sqldb.Int, `SELECT count(*) FROM t202601010001`); err != nil {
		t.Error(err)
	}
}
