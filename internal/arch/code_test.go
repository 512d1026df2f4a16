package arch

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"testing"
)

func TestFeaturesAreToldTheTime(t *testing.T) {
	t.Parallel()
	for _, s := range parsed(t) {
		if s.test() || !slices.Contains(features, s.top) {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if f := called(n); f == "time.Now" || f == "time.Since" || f == "time.Until" {
				t.Errorf("%s calls %s: take the clock from the constructor, so that tests can set it", s.at(n), f)
			}
			return true
		})
	}
}

func TestNothingHappensBeforeMain(t *testing.T) {
	t.Parallel()
	for _, s := range parsed(t) {
		if s.test() {
			continue
		}
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has init: do it in a constructor, where it can fail and be tested", s.at(f))
			}
		}
	}
}

// constant are the calls whose results never change, so that a variable may hold them.
var constant = []string{"errors.New", "fault.New", "regexp.MustCompile", "strings.NewReplacer", "i18n.K", "big.NewInt"}

func TestFeaturesKeepNoStateInVariables(t *testing.T) {
	t.Parallel()
	written := map[string]map[string]ast.Node{} // directory → name → where it is written to
	for _, s := range parsed(t) {
		if !s.test() {
			if written[s.dir] == nil {
				written[s.dir] = map[string]ast.Node{}
			}
			collectWrites(s.ast, written[s.dir])
		}
	}
	for _, s := range parsed(t) {
		if s.test() || s.generated() || !slices.Contains(features, s.top) {
			continue
		}
		for _, d := range s.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				if v.Names[0].Name == "_" || embedded(g, v) {
					continue
				}
				for i, name := range v.Names {
					if i >= len(v.Values) || !unchanging(v.Values[i]) {
						t.Errorf("%s: %s could change: a package's variables are errors, patterns, embedded files and tables that nobody writes to; state belongs in a struct that a constructor makes", s.at(v), name.Name)
					} else if w := written[s.dir][name.Name]; w != nil {
						t.Errorf("%s: %s is written to at %s: state belongs in a struct that a constructor makes", s.at(v), name.Name, s.at(w))
					}
				}
			}
		}
	}
}

func embedded(g *ast.GenDecl, v *ast.ValueSpec) bool {
	for _, doc := range []*ast.CommentGroup{g.Doc, v.Doc} {
		if doc == nil {
			continue
		}
		for _, c := range doc.List {
			if len(c.Text) > 10 && c.Text[:10] == "//go:embed" {
				return true
			}
		}
	}
	return false
}

func unchanging(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.CompositeLit, *ast.BasicLit:
		return true
	case *ast.SelectorExpr: // another name for a value of the standard library that nobody can change
		pkg, ok := x.X.(*ast.Ident)
		return ok && pkg.Name == "base64"
	case *ast.CallExpr:
		if slices.Contains(constant, called(x)) {
			return true
		}
		// a conversion of a table, such as set([]string{…}), is seen as a call of a local name
		_, local := x.Fun.(*ast.Ident)
		_, list := x.Fun.(*ast.ArrayType)
		return (local || list) && len(x.Args) == 1 && unchanging(x.Args[0])
	}
	return false
}

// collectWrites notes what variables' names stand at the root of something written to.
func collectWrites(f *ast.File, names map[string]ast.Node) {
	note := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.ParenExpr:
				e = x.X
			case *ast.Ident:
				names[x.Name] = x
				return
			default:
				return
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.AssignStmt:
			if x.Tok != token.DEFINE {
				for _, l := range x.Lhs {
					if _, local := l.(*ast.Ident); !local || x.Tok == token.ASSIGN {
						note(l)
					}
				}
			}
		case *ast.IncDecStmt:
			note(x.X)
		case *ast.CallExpr:
			if id, ok := x.Fun.(*ast.Ident); ok && (id.Name == "delete" || id.Name == "clear") {
				note(x.Args[0])
			}
		}
		return true
	})
}

var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b(\(#\d+\))?`)

func TestUnfinishedWorkNamesItsIssue(t *testing.T) {
	t.Parallel()
	for _, s := range parsed(t) {
		for _, group := range s.ast.Comments {
			for _, c := range group.List {
				if m := unfinished.FindStringSubmatch(c.Text); m != nil && m[2] == "" && s.dir != "arch" {
					t.Errorf("%s: %s without an issue: write TODO(#12) or finish it", s.at(c), m[1])
				}
			}
		}
	}
}
