package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// asvs are the requirements of ASVS 5.0 on authentication, sessions,
// authorisation, tokens and data that apply, by chapter and section.
var asvs = map[string][]string{
	"V6.1": {"1", "2", "3"}, "V6.2": {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"},
	"V6.3": {"1", "2", "3", "4", "5", "6", "7", "8"}, "V6.4": {"1", "2", "3", "4", "5", "6"},
	"V6.5": {"1", "2", "3", "4", "5", "6", "7", "8"}, "V6.6": {"1", "2", "3", "4"}, "V6.7": {"1", "2"}, "V6.8": {"1", "2", "4"},
	"V7.1": {"1", "2", "3"}, "V7.2": {"1", "2", "3", "4"}, "V7.3": {"1", "2"}, "V7.4": {"1", "2", "3", "4", "5"}, "V7.5": {"1", "2", "3"}, "V7.6": {"1", "2"},
	"V8.1": {"1", "2", "3", "4"}, "V8.2": {"1", "2", "3", "4"}, "V8.3": {"1", "2", "3"}, "V8.4": {"1", "2"},
	"V9.1": {"1", "2", "3"}, "V9.2": {"1", "2", "3", "4"},
	"V10.1": {"1", "2"}, "V10.2": {"1", "2", "3"}, "V10.5": {"1", "2", "3", "4", "5"}, // as a client
	"V14.1": {"1", "2"}, "V14.2": {"1", "2", "3", "4", "5", "6", "7", "8"}, "V14.3": {"1", "2", "3"},
}

var (
	asvsRow  = regexp.MustCompile(`^\| (V\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \|$`)
	testName = regexp.MustCompile("`([a-z0-9/]+)\\.(Test[A-Za-z0-9_]+)`")
	docPlace = regexp.MustCompile(`\]\(model\.md#(v[0-9]+)`)
)

// The register of ASVS says for each requirement which test shows it, where it
// is written down, or why it is not met.
func TestEveryASVSRequirementHasItsEvidence(t *testing.T) {
	t.Parallel()
	register, err := os.ReadFile("../../docs/security/asvs.md")
	if err != nil {
		t.Fatal(err)
	}
	model, err := os.ReadFile("../../docs/security/model.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, line := range strings.Split(string(register), "\n") {
		row := asvsRow.FindStringSubmatch(line)
		if row == nil {
			continue
		}
		id, evidence := row[1], row[3]
		if seen[id] {
			t.Errorf("%s stands twice", id)
		}
		seen[id] = true
		tests := testName.FindAllStringSubmatch(evidence, -1)
		for _, name := range tests {
			if !testExists(t, name[1], name[2]) {
				t.Errorf("%s: there is no test %s in %s", id, name[2], name[1])
			}
		}
		place := docPlace.FindStringSubmatch(evidence)
		if place != nil && !headingExists(string(model), place[1]) {
			t.Errorf("%s: model.md has no heading for %s", id, place[1])
		}
		if len(tests) == 0 && place == nil && !strings.HasPrefix(evidence, "Not met:") && !strings.HasPrefix(evidence, "By design:") {
			t.Errorf("%s: neither a test, nor a place in model.md, nor a reason (\"Not met:\", \"By design:\")", id)
		}
	}
	for section, numbers := range asvs {
		for _, n := range numbers {
			if id := section + "." + n; !seen[id] {
				t.Errorf("%s stands nowhere in docs/security/asvs.md", id)
			}
		}
	}
	for id := range seen {
		i := strings.LastIndexByte(id, '.')
		if !slices.Contains(asvs[id[:i]], id[i+1:]) {
			t.Errorf("%s is no requirement that applies", id)
		}
	}
}

// testExists reports whether a test stands in a folder of internal, or in e2e.
func testExists(t *testing.T, dir, name string) bool {
	t.Helper()
	root := filepath.Join("..", dir)
	if dir == "e2e" {
		root = "../../e2e"
	}
	files, err := filepath.Glob(filepath.Join(root, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "func "+name+"(t *testing.T)") {
			return true
		}
	}
	return false
}

// headingExists reports whether a heading's anchor begins with what a link names.
func headingExists(text, anchor string) bool {
	for _, line := range strings.Split(text, "\n") {
		if heading, ok := strings.CutPrefix(line, "## "); ok && strings.Contains(strings.ToLower(strings.ReplaceAll(heading, ".", "")), anchor) {
			return true
		}
	}
	return false
}
