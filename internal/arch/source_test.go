package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "kabinet/internal/"

// features, the ground first: a feature imports only features before it.
// To let one know of a feature after it, have it declare what it needs as an
// interface or offer a hook, and join the two in package app.
//
// person/ident comes first of all: pure rules of the numbers by which the state
// knows people, which every form and sign-in needs.
var features = []string{
	"person/ident",
	"audit",
	"notify",
	"account",
	"consent",
	"person",
	"staff",
	"signature",
	"outside",
	"document",
	"register",
	"proofing",
	"videocall",
	"recovery",
	"centre",
	"eform",
	"catalogue",
	"application",
	"takeout",
	"home",
	"desk",
}

// source is one Go file under internal.
type source struct {
	path string // "internal/audit/service.go"
	dir  string // "audit", "platform/web", "person/ident"
	top  string // "audit", "platform", "person"
	name string // "service.go"
	ast  *ast.File
	fset *token.FileSet
}

func (s *source) test() bool      { return strings.HasSuffix(s.name, "_test.go") }
func (s *source) generated() bool { return strings.HasSuffix(s.name, "_templ.go") }

// at names the place of a node.
func (s *source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.fset.Position(n.Pos()).Line)
}

// sources parses every Go file under internal, once for all tests.
var sources = sync.OnceValues(func() ([]*source, error) {
	var all []*source
	fset := token.NewFileSet()
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") {
			return err
		}
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		inside := strings.TrimPrefix(filepath.ToSlash(p), "../")
		top, _, _ := strings.Cut(inside, "/")
		all = append(all, &source{"internal/" + inside, path.Dir(inside), top, path.Base(inside), f, fset})
		return nil
	})
	return all, err
})

func parsed(t *testing.T) []*source {
	t.Helper()
	all, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// called returns "package.Func" of a call of another package's function, else "".
func called(n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return ""
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return pkg.Name + "." + sel.Sel.Name
}

// literal returns the value of a string literal.
func literal(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
