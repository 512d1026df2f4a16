package spec

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// project writes files into a folder.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestRequirementsAreReadFromListsAndTables(t *testing.T) {
	t.Parallel()
	root := project(t, map[string]string{
		"docs/requirements/a-identity.md": "# A. Identity\n\n- **A-01** The «Войти» `button`. See A-02.\n- not one\n- **Id.** A note.\n",
		"docs/requirements/f-services.md": "# F. Services\n\n| Id | Service |\n|---|---|\n| **F-01** | A **new** passport | two |\n",
		"docs/requirements/tables.md":     "# Tables\n\n| **A-99** | no |\n",
	})
	got, err := Requirements(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []Requirement{{"A-01", "A. Identity", "The «Войти» button. See A-02."}, {"F-01", "F. Services", "A new passport · two"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"# A. X\n- **A-01** x\n- **A-01** y\n", "# A. X\n- **B-01** x\n"} {
		if _, err := Requirements(project(t, map[string]string{"docs/requirements/a-x.md": text})); err == nil {
			t.Errorf("no error for %q", text)
		}
	}
}

func TestProofsAreReadFromTheCommentsOfTests(t *testing.T) {
	t.Parallel()
	root := project(t, map[string]string{
		"internal/x/x_test.go": "package x\n\n// TestOne is one.\n// Proves: A-25, E-05\n// Proves: A-101\nfunc TestOne(t *testing.T) {}\n\n" +
			"// Proves: A-25\nfunc TestTwo(t *testing.T) {}\n\n// Proves: A-1\nfunc TestThree(t *testing.T) {}\n\n" +
			"// Proves: A-02\n\nfunc TestApart(t *testing.T) {}\n\n// Proves: A-03\nfunc helper() {}\n\nfunc TestIn(t *testing.T) {\n\t// Proves: A-04\n}\n",
		"internal/x/x.go":               "package x\n\n// Proves: A-05\nfunc TestNot() {}\n",
		"internal/x/testdata/x_test.go": "package x\n\n// Proves: A-06\nfunc TestData(t *testing.T) {}\n",
		".git/x_test.go":                "not Go",
	})
	proofs, faults, err := Proofs(root)
	if err != nil {
		t.Fatal(err)
	}
	one, two := Test{"TestOne", "internal/x/x_test.go", 6}, Test{"TestTwo", "internal/x/x_test.go", 9}
	if diff := cmp.Diff(map[string][]Test{"A-25": {one, two}, "E-05": {one}, "A-101": {one}}, proofs); diff != "" {
		t.Error(diff)
	}
	if len(faults) != 4 {
		t.Errorf("%d faults, want 4: %q", len(faults), faults)
	}
}

func TestTheRatchetIsSortedAsPeopleSort(t *testing.T) {
	t.Parallel()
	root := project(t, map[string]string{"docs/requirements/x": ""})
	if got, err := Ratchet(root); got != nil || err != nil {
		t.Errorf("without a file: %v, %v", got, err)
	}
	if err := WriteRatchet(root, []string{"B-01", "A-101", "A-25", "A-25"}); err != nil {
		t.Fatal(err)
	}
	got, err := Ratchet(root)
	if diff := cmp.Diff([]string{"A-25", "A-101", "B-01"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
