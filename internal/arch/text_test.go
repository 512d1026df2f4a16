package arch

import (
	"encoding/json"
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// keyShape is what a message key looks like: "feature.what", "ui.button.send".
var keyShape = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$`)

// russian are the names of files with Russian texts.
var russian = regexp.MustCompile(`^text\.([a-z_]+\.)?ru\.json$`)

// printed is a key put together by a format, such as "mode.%s".
var printed = regexp.MustCompile(`^([a-z][a-z0-9_]*\.[a-z0-9_.]*)%`)

// catalogues returns where each key stands, of all text.ru.json and text.TOPIC.ru.json.
func catalogues(t *testing.T) map[string]string {
	t.Helper()
	keys := map[string]string{}
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil || !russian.MatchString(d.Name()) || strings.Contains(filepath.ToSlash(p), "/testdata/") {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		var texts map[string]any
		if err := json.Unmarshal(data, &texts); err != nil {
			t.Errorf("%s: %v", p, err)
		}
		for key := range texts {
			keys[key] = strings.TrimPrefix(filepath.ToSlash(p), "../")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// uses are the keys that the code names, and the beginnings of keys that it
// puts together, such as "application.status."+state.
type uses struct {
	asked map[string]string // key → place of a call that surely takes a key
	words map[string]bool   // every string literal that could be a key
	parts []string          // beginnings
	ends  []string          // "_short" in key + "_short"
}

func textUses(t *testing.T) uses {
	u := uses{asked: map[string]string{}, words: map[string]bool{}}
	for _, s := range parsed(t) {
		if s.test() {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.CallExpr:
				arg := map[string]int{"i18n.K": 0, "i18n.T": 1, "fault.New": 1}
				if i, ok := arg[called(x)]; ok && i < len(x.Args) {
					if key, ok := literal(x.Args[i]); ok {
						u.asked[key] = s.at(x)
					}
				}
			case *ast.BinaryExpr:
				if part, ok := literal(x.X); ok && x.Op == token.ADD && strings.Contains(part, ".") {
					u.parts = append(u.parts, part)
				}
				u.end(x.Y)
			case *ast.AssignStmt:
				if x.Tok == token.ADD_ASSIGN {
					u.end(x.Rhs[0])
				}
			case *ast.BasicLit:
				key, ok := literal(x)
				if ok && keyShape.MatchString(key) {
					u.words[key] = true
				} else if part := printed.FindStringSubmatch(key); part != nil {
					u.parts = append(u.parts, part[1])
				}
			}
			return true
		})
	}
	return u
}

// end notes a literal that is put behind a key.
func (u *uses) end(n ast.Node) {
	if s, ok := literal(n); ok && strings.HasPrefix(s, "_") {
		u.ends = append(u.ends, s)
	}
}

// has tells whether the code names a key or puts it together.
func (u *uses) has(key string) bool {
	return u.words[key] ||
		slices.ContainsFunc(u.parts, func(p string) bool { return strings.HasPrefix(key, p) }) ||
		slices.ContainsFunc(u.ends, func(e string) bool { return strings.HasSuffix(key, e) && u.words[strings.TrimSuffix(key, e)] })
}

func TestEveryTextThatTheCodeNamesExists(t *testing.T) {
	t.Parallel()
	keys := catalogues(t)
	for key, place := range textUses(t).asked {
		if keys[key] == "" {
			t.Errorf("%s: no catalogue has the text %q: a person would read the key", place, key)
		}
	}
}

func TestEveryTextIsUsed(t *testing.T) {
	t.Parallel()
	used := textUses(t)
	pageUses(t, &used)
	for key, file := range catalogues(t) {
		if !used.has(key) {
			t.Errorf("internal/%s: nothing uses the text %q: remove it, so that translators need not", file, key)
		}
	}
}

// quoted are the strings of a page; those of its actions stand within those of its attributes.
var quoted = regexp.MustCompile(`"([a-z0-9_.%]+)"`)

// pageUses adds the texts that pages outside of Go name: those of the simulators.
func pageUses(t *testing.T, u *uses) {
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".html" {
			return err
		}
		data, err := os.ReadFile(p)
		for _, m := range quoted.FindAllStringSubmatch(string(data), -1) {
			u.words[m[1]] = true
			if part := printed.FindStringSubmatch(m[1]); part != nil {
				u.parts = append(u.parts, part[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
