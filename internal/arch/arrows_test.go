package arch

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// banned says what a kind of file, told by its name, may not import, and why.
var banned = []struct {
	files   string // glob on the file's name; %f is the feature's own name
	imports []string
	why     string
}{
	{"%f.go", []string{"net/http", "html/template", "database/sql", "platform/sqldb", "platform/web", "platform/jobs"},
		"the rules of a feature know neither the web nor the database"},
	{"store*.go", []string{"net/http", "platform/web", "platform/jobs"},
		"a store knows only SQL"},
	{"handlers*.go", []string{"database/sql", "platform/jobs"},
		"handlers read through store functions and write through the Service"},
	{"pages*.go", []string{"database/sql", "platform/sqldb", "platform/jobs"},
		"pages draw what they are given"},
}

func TestPackagesImportOnlyWhatTheyMay(t *testing.T) {
	t.Parallel()
	for _, s := range parsed(t) {
		for _, spec := range s.ast.Imports {
			imp := strings.Trim(spec.Path.Value, `"`)
			if to, ok := strings.CutPrefix(imp, module); ok {
				imp = to
				if why := arrow(s.dir, to); why != "" && !s.test() {
					t.Errorf("%s imports %s: %s", s.at(spec), to, why)
				}
			}
			if s.test() || !slices.Contains(features, s.dir) {
				continue // tests may look at both ends
			}
			for _, b := range banned {
				glob := strings.ReplaceAll(b.files, "%f", path.Base(s.dir))
				if ok, _ := path.Match(glob, s.name); ok && slices.Contains(b.imports, imp) {
					t.Errorf("%s imports %s: %s", s.at(spec), imp, b.why)
				}
			}
		}
	}
}

// arrow returns why package from may not import package to, or "".
func arrow(from, to string) string {
	if to == "person/ident" {
		return "" // pure rules of numbers, which import nothing: features before person read phones by them
	}
	from, to = feature(from), feature(to)
	f, g := slices.Index(features, from), slices.Index(features, to)
	switch {
	case from == to:
		return ""
	case to == "app":
		return "app joins everything, so nothing can need it"
	case from == "app":
		return ""
	case to == "sandbox":
		return "the partners' simulators are started by app and reached over the network like real partners"
	case from == "platform" && to != "platform":
		return "the platform knows nothing of public services"
	case from == "sandbox" && g >= 0:
		return "the partners' simulators stand apart from the product"
	case from == "tools" && to == "arch", from == "arch":
		return ""
	case f >= 0 && g > f:
		return "it stands after " + from + " in the list of features"
	case f < 0 && from != "platform" && from != "sandbox" && from != "tools":
		return from + " is not in the list of features"
	}
	return ""
}

// feature returns which of the list a folder belongs to, else its first part.
func feature(dir string) string {
	if slices.Contains(features, dir) {
		return dir
	}
	top, _, _ := strings.Cut(dir, "/")
	return top
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	code, doc := map[string]bool{}, map[string]bool{}
	for _, s := range parsed(t) {
		if s.test() {
			continue
		}
		code[s.dir] = true
		doc[s.dir] = doc[s.dir] || s.ast.Doc != nil
		if slices.Contains(features, s.dir) && s.name == "doc.go" && len(s.ast.Doc.Text()) < 200 {
			t.Errorf("%s is too short: go doc must explain what the feature is, its invariants and what it does not decide", s.path)
		}
		if slices.Contains(features, s.dir) && s.ast.Doc != nil && s.name != "doc.go" && !s.generated() {
			t.Errorf("%s has a package comment: it belongs in doc.go, where it is looked for", s.path)
		}
	}
	for dir := range code {
		if !doc[dir] {
			t.Errorf("internal/%s has no package comment: go doc must explain it", dir)
		}
	}
}
