// Package spec reads which requirements there are and which tests prove them.
//
// A requirement is a line of docs/requirements/<letter>-<area>.md that begins
// with its bold ID. A test says what it proves in the comment above it:
//
//	// Proves: A-25, E-05
//	func TestPasswordRules(t *testing.T) {
//
// docs/requirements/proved.txt is the ratchet: the IDs that have been proved
// once and must stay so.
package spec

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Requirement is one numbered requirement.
type Requirement struct {
	ID   string // "A-25"
	Area string // "A. Identity"
	Text string // without marks of Markdown, one line
}

// Test is a test function that proves something.
type Test struct {
	Name string // "TestPasswordRules"
	File string // "internal/account/password_test.go"
	Line int
}

func (t Test) String() string { return fmt.Sprintf("%s %s:%d", t.Name, t.File, t.Line) }

var (
	itemLine = regexp.MustCompile(`^(?:- |\| )\*\*([A-Z]-\d+)\*\*(.*)`)
	idShape  = regexp.MustCompile(`^[A-Z]-\d{2,3}$`)
	marks    = strings.NewReplacer("**", "", "|", "·", "`", "")
)

// Requirements reads the requirements under root in the order they are written.
func Requirements(root string) ([]Requirement, error) {
	files, err := filepath.Glob(filepath.Join(root, "docs/requirements/[a-z]-*.md"))
	if err != nil {
		return nil, err
	}
	var all []Requirement
	seen := map[string]bool{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("reading requirements: %w", err)
		}
		title, _, _ := strings.Cut(string(data), "\n")
		area := strings.TrimPrefix(title, "# ")
		for line := range strings.Lines(string(data)) {
			m := itemLine.FindStringSubmatch(strings.TrimSpace(line))
			if m == nil {
				continue
			}
			if seen[m[1]] || m[1][0] != area[0] {
				return nil, fmt.Errorf("%s: %s stands in the wrong file or twice", f, m[1])
			}
			seen[m[1]] = true
			all = append(all, Requirement{m[1], area, strings.Trim(marks.Replace(m[2]), " ·")})
		}
	}
	return all, nil
}

// Proofs reads which tests under root prove each ID. faults are claims that are
// not well formed or do not stand above a test.
func Proofs(root string) (proofs map[string][]Test, faults []string, err error) {
	proofs = map[string][]Test{}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "node_modules" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("reading tests: %w", err)
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		faults = append(faults, fileProofs(fset, f, filepath.ToSlash(name), proofs)...)
		return nil
	})
	return proofs, faults, err
}

func fileProofs(fset *token.FileSet, f *ast.File, name string, proofs map[string][]Test) (faults []string) {
	above := map[*ast.CommentGroup]*ast.FuncDecl{}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Doc != nil && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
			above[fn.Doc] = fn
		}
	}
	for _, group := range f.Comments {
		for _, c := range group.List {
			claim, ok := strings.CutPrefix(c.Text, "// Proves:")
			if !ok {
				continue
			}
			line := fset.Position(c.Pos()).Line
			fn := above[group]
			if fn == nil {
				faults = append(faults, fmt.Sprintf("%s:%d: \"Proves:\" must stand in the comment directly above a Test function", name, line))
				continue
			}
			for id := range strings.SplitSeq(claim, ",") {
				id = strings.TrimSpace(id)
				if !idShape.MatchString(id) {
					faults = append(faults, fmt.Sprintf("%s:%d: %q is not the ID of a requirement: write Proves: A-25, E-05", name, line, id))
					continue
				}
				test := Test{fn.Name.Name, name, fset.Position(fn.Pos()).Line}
				if !slices.Contains(proofs[id], test) {
					proofs[id] = append(proofs[id], test)
				}
			}
		}
	}
	return faults
}

const ratchet = "docs/requirements/proved.txt"

// Ratchet reads the IDs that have been proved once. Without the file there are none.
func Ratchet(root string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(root, ratchet))
	if os.IsNotExist(err) {
		return nil, nil
	}
	return strings.Fields(string(data)), err
}

// WriteRatchet writes them, in order, one a line.
func WriteRatchet(root string, ids []string) error {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, Compare)
	return os.WriteFile(filepath.Join(root, ratchet), []byte(strings.Join(slices.Compact(ids), "\n")+"\n"), 0o644) //nolint:gosec // a file of the repository, for all to read
}

// Compare orders IDs as people do: A-9 before A-10.
func Compare(a, b string) int {
	if a[0] != b[0] {
		return int(a[0]) - int(b[0])
	}
	return number(a) - number(b)
}

func number(id string) int {
	n, _ := strconv.Atoi(id[2:]) // idShape has looked at it
	return n
}
