package arch

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	created = regexp.MustCompile(`(?i)create\s+table\s+(?:if\s+not\s+exists\s+)?([a-z_]+)`)
	named   = regexp.MustCompile(`(?i)\b(?:from|into|update|join)\s+([a-z_]+)`)
	isSQL   = regexp.MustCompile(`(?s)^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER)\s`)
)

// onlyOne are words that work on one of the two databases, or not alike.
var onlyOne = []struct {
	words *regexp.Regexp
	why   string
}{
	{regexp.MustCompile(`(?i)\bnow\(\)|\bcurrent_(timestamp|date)\b`), "the time comes from the injected clock"},
	{regexp.MustCompile(`(?i)\bilike\b`), "SQLite has no ILIKE: compare a folded column"},
	{regexp.MustCompile(`(?i)\bselect\s+(\w+\.)?\*`), "name the columns: old code must work on a newer schema"},
	{regexp.MustCompile(`(?i)\bnumeric\b`), "money is BIGINT kopecks"},
	{regexp.MustCompile(`\?\s*[,)]`), "placeholders are $1, $2"},
}

// owners returns which package's migrations create each table.
func owners(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, glob := range []string{"../*/migrations/*.sql", "../platform/*/migrations/*.sql"} {
		files, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(filepath.Dir(f))), "../")
			for _, m := range created.FindAllStringSubmatch(string(data), -1) {
				if other := all[m[1]]; other != "" && other != dir {
					t.Errorf("%s: table %s belongs to %s already", f, m[1], other)
				}
				all[m[1]] = dir
			}
		}
	}
	return all
}

func TestSQLNamesOnlyItsOwnTablesAndBothDatabasesTakeIt(t *testing.T) {
	t.Parallel()
	tables := owners(t)
	for _, s := range parsed(t) {
		if s.test() || s.dir == "platform/sqldb" {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			text, ok := literal(n)
			if !ok || !isSQL.MatchString(text) {
				return true
			}
			for _, rule := range onlyOne {
				if m := rule.words.FindString(text); m != "" {
					t.Errorf("%s: SQL with %q: %s", s.at(n), m, rule.why)
				}
			}
			for _, m := range named.FindAllStringSubmatch(text, -1) {
				if owner := tables[m[1]]; owner != "" && owner != s.dir {
					t.Errorf("%s names the table %s, which belongs to %s: ask that package", s.at(n), m[1], owner)
				}
			}
			return true
		})
	}
}
