package catalogue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Issue is a fault of a file: where it is, what is wrong and how to mend it.
type Issue struct {
	File         string
	Line, Column int
	Path         string // of the key: "documents[1].title"
	What         string
	Advice       string // empty when What says it all
}

func (i Issue) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", i.File, i.Line, i.Column)
	if i.Path != "" {
		b.WriteString(i.Path + ": ")
	}
	b.WriteString(i.What)
	if i.Advice != "" {
		b.WriteString(". " + i.Advice)
	}
	return b.String()
}

// Known is what files may name that is not in them. A nil list is not checked.
type Known struct {
	Icons      []string
	Connectors []string // of routing
}

// Lint tells everything that is wrong with a folder of services, in the order
// of files and lines.
func Lint(fsys fs.FS, known Known) []Issue {
	f := readFolder(fsys, known)
	for _, name := range f.files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			f.issues = append(f.issues, Issue{File: name, Line: 1, Column: 1, What: err.Error()})
			continue
		}
		f.check(name, data)
	}
	f.checkTogether()
	sortIssues(f.issues)
	return f.issues
}

// Test runs the examples of all services and tells what differs from what they
// expect. Files that do not pass Lint are left out. ctx says texts in Russian.
func Test(ctx context.Context, fsys fs.FS) (run int, differ []Issue) {
	f := readFolder(fsys, Known{})
	for _, name := range f.files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			continue
		}
		d, at := f.check(name, data)
		if d == nil {
			continue
		}
		for i, e := range d.Examples {
			run++
			diffs := d.Compiled.Try(ctx, e.Example)
			if e.Route != "" && e.Route != d.Routing.String() {
				diffs = append(diffs, fmt.Sprintf("route is %s, not %s", d.Routing, e.Route))
			}
			for _, diff := range diffs {
				key := fmt.Sprintf("examples[%d]", i)
				differ = append(differ, at.issue(key, fmt.Sprintf("%q: %s", e.Name, diff), ""))
			}
		}
	}
	sortIssues(differ)
	return run, differ
}

func sortIssues(issues []Issue) {
	slices.SortStableFunc(issues, func(a, b Issue) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// folder is a folder of services while it is read.
type folder struct {
	known    Known
	lists    Lists
	agencies []Agency
	files    []string // of services
	issues   []Issue

	seen []linted // by check, for checkTogether
}

type linted struct {
	d  *Definition
	at *source
}

// readFolder reads the lists and the agencies and names the services' files.
func readFolder(fsys fs.FS, known Known) *folder {
	f := &folder{known: known}
	decodeFile(f, fsys, "lists.yaml", &f.lists)
	decodeFile(f, fsys, "agencies.yaml", &f.agencies)
	files, err := fs.Glob(fsys, "*/*.yaml")
	if err != nil {
		f.issues = append(f.issues, Issue{File: ".", What: err.Error()})
	}
	f.files = files
	if len(files) == 0 {
		f.issues = append(f.issues, Issue{File: ".", Line: 1, Column: 1, What: "there are no services",
			Advice: "Put each into <agency>/<code>.yaml"})
	}
	return f
}

func decodeFile(f *folder, fsys fs.FS, name string, into any) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		f.issues = append(f.issues, Issue{File: name, Line: 1, Column: 1, What: "the file cannot be read: " + err.Error()})
		return
	}
	src := parse(name, data, reflect.TypeOf(into).Elem())
	src.decode(into)
	f.issues = append(f.issues, src.issues...)
}

// check reads one service. It returns nil when anything is wrong with it.
func (f *folder) check(name string, data []byte) (*Definition, *source) {
	d, src := f.definition(name, data)
	f.issues = append(f.issues, src.issues...)
	if d != nil {
		f.seen = append(f.seen, linted{d, src})
	}
	if len(src.issues) > 0 {
		return nil, src
	}
	return d, src
}

// definition decodes and checks one service by itself. d is nil when it could
// not be decoded; it is fit for use when src has no issues.
func (f *folder) definition(name string, data []byte) (d *Definition, src *source) {
	src = parse(name, data, reflect.TypeFor[Definition]())
	d = &Definition{}
	if !src.decode(d) {
		return nil, src
	}
	f.checkNames(d, src)
	f.checkTexts(d, src)
	f.checkWork(d, src)
	compiled, faults := d.Form.Compile()
	d.Compiled = compiled
	for _, fault := range faults {
		src.issues = append(src.issues, Issue{name, fault.Line, fault.Column, "form." + fault.Path, fault.What, fault.Advice})
	}
	return d, src
}

var codePattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (f *folder) checkNames(d *Definition, src *source) {
	if !codePattern.MatchString(d.Code) || len(d.Code) > 60 {
		src.fault("code", fmt.Sprintf("%q is no code", d.Code), "Use small Latin letters, digits and single hyphens, at most 60")
	} else if want := strings.TrimSuffix(path.Base(src.file), ".yaml"); d.Code != want {
		src.fault("code", fmt.Sprintf("the code is %q and the file is %s.yaml", d.Code, want), "Give them the same name")
	}
	if n := len([]rune(d.Number)); n > 20 || strings.TrimSpace(d.Number) == "" {
		src.fault("number", fmt.Sprintf("%q is no number", d.Number),
			"Give the code that people use, at most 20 letters: НС-101")
	}
	var agencies []string
	for _, a := range f.agencies {
		agencies = append(agencies, a.Code)
	}
	if src.oneOf("agency", d.Agency, agencies) && path.Dir(src.file) != d.Agency {
		src.fault("agency", fmt.Sprintf("the agency is %q and the folder %q", d.Agency, path.Dir(src.file)), "Move the file or change the agency")
	}
	src.oneOf("kind", string(d.Kind), []string{string(Federal), string(Regional)})
	src.oneOf("category", d.Category, codes(f.lists.Categories))
	src.oneOf("type", d.Type, codes(f.lists.Types))
	for i, s := range d.Situations {
		src.oneOf(fmt.Sprintf("situations[%d]", i), s, codes(f.lists.Situations))
	}
	for i, doc := range d.Documents {
		key := fmt.Sprintf("documents[%d]", i)
		src.oneOf(key+".kind", doc.Kind, codes(f.lists.Documents))
		src.oneOf(key+".source", string(doc.Source), []string{string(FromProfile), string(Upload), string(IfNeeded)})
	}
	if f.known.Icons != nil {
		src.oneOf("icon", d.Icon, f.known.Icons)
	}
}

// maxTitle is the longest title in letters that stands on a card in three lines.
const maxTitle = 90

func (f *folder) checkTexts(d *Definition, src *source) {
	for _, t := range []string{d.Title.RU, d.Title.EN} {
		if n := len([]rune(t)); n > maxTitle {
			src.fault("title", fmt.Sprintf("%d letters do not fit on a card", n), fmt.Sprintf("Use at most %d", maxTitle))
		}
	}
	src.oneOf("who.level", string(d.Who.Level), []string{string(Simplified), string(Standard), string(Confirmed)})
	for i, s := range d.Similar {
		if s.Service == d.Code {
			src.fault(fmt.Sprintf("similar[%d].service", i), "a service is not similar to itself", "Name another one")
		}
	}
	if len(d.Steps) == 0 {
		src.fault("steps", "there are no steps", "Tell how it goes, from the application to the result")
	}
	for status := range d.Statuses {
		src.oneOf("statuses."+status, status, Statuses)
	}
}

func (f *folder) checkWork(d *Definition, src *source) {
	if d.Fee < 0 {
		src.fault("fee", "a fee cannot be less than nothing", "Give kopecks: 30000 is 300 ₽, 0 is free")
	}
	if err := d.Term.Check(); err != nil {
		src.fault("term", err.Error(), "For example {length: 10, unit: working_days}; unit may also be minutes")
	}
	for key, n := range map[string]int{"visits": d.Visits, "rank": d.Rank, "result.valid_months": d.Result.ValidMonths,
		"limits.interval_minutes": d.Limits.IntervalMinutes, "limits.per_day": d.Limits.PerDay} {
		if n < 0 {
			src.fault(key, "it cannot be less than 0", "")
		}
	}
	if d.FillMinutes < 1 {
		src.fault("fill_minutes", "it takes at least a minute", "Give the minutes that filling in takes")
	}
	src.oneOf("signing", string(d.Signing), []string{string(SignNone), string(SignCode)})
	switch {
	case (d.Routing.Connector == "") == (d.Routing.Queue == ""):
		src.fault("routing", "there must be either a connector or a queue", "For example {queue: "+d.Agency+"}")
	case d.Routing.Queue != "":
		var agencies []string
		for _, a := range f.agencies {
			agencies = append(agencies, a.Code)
		}
		src.oneOf("routing.queue", d.Routing.Queue, agencies)
	case f.known.Connectors != nil:
		src.oneOf("routing.connector", d.Routing.Connector, f.known.Connectors)
	}
	for _, step := range d.Form.Steps {
		if slices.Contains(pagesOfForms, step.ID.Value) {
			src.fault("form", "a step cannot be called "+step.ID.Value, "That is a page that every form has")
		}
	}
	for _, fault := range d.Result.faults(d.Form) {
		src.fault("result", fault, "")
	}
	if len(d.Examples) == 0 {
		src.fault("examples", "there are no examples", "Give at least one: answers and what must come of them")
	}
}

// pagesOfForms stand beside the steps in addresses.
var pagesOfForms = []string{"check", "confirm", "delete"}

// checkTogether finds what only all files together show.
func (f *folder) checkTogether() {
	first := map[string]string{} // file of each code and number
	for _, l := range f.seen {
		for key, value := range map[string]string{"code": l.d.Code, "number": l.d.Number} {
			if other, taken := first[key+value]; taken {
				f.issues = append(f.issues, l.at.issue(key, fmt.Sprintf("%q is taken by %s", value, other), "Choose another one"))
			} else {
				first[key+value] = l.at.file
			}
		}
	}
	var all []string
	for _, name := range f.files {
		all = append(all, strings.TrimSuffix(path.Base(name), ".yaml"))
	}
	for _, l := range f.seen {
		for i, s := range l.d.Similar {
			if !slices.Contains(all, s.Service) {
				key := fmt.Sprintf("similar[%d].service", i)
				f.issues = append(f.issues, l.at.issue(key, fmt.Sprintf("there is no service %q", s.Service), meant(s.Service, all)))
			}
		}
	}
	for kind, list := range map[string][]Entry{"categories": f.lists.Categories, "types": f.lists.Types,
		"situations": f.lists.Situations, "documents": f.lists.Documents} {
		for i, e := range list {
			if f.known.Icons != nil && e.Icon != "" && !slices.Contains(f.known.Icons, e.Icon) {
				f.issues = append(f.issues, Issue{File: "lists.yaml", Line: 1, Column: 1, Path: fmt.Sprintf("%s[%d].icon", kind, i),
					What: fmt.Sprintf("there is no icon %q", e.Icon), Advice: meant(e.Icon, f.known.Icons)})
			}
		}
	}
}

func codes(list []Entry) []string {
	all := make([]string, len(list))
	for i, e := range list {
		all[i] = e.Code
	}
	return all
}

// decodeError turns a failure of the YAML library into an Issue.
func decodeError(file string, err error) Issue {
	i := Issue{File: file, Line: 1, Column: 1, What: err.Error()}
	var at yaml.Error
	if errors.As(err, &at) {
		i.What = at.GetMessage()
		if t := at.GetToken(); t != nil {
			i.Line, i.Column = t.Position.Line, t.Position.Column
		}
	}
	return i
}

// decodeStored decodes a version that passed the checks of its day.
func decodeStored(text []byte) (*Definition, error) {
	d := &Definition{}
	if err := yaml.Unmarshal(text, d); err != nil {
		return nil, err
	}
	compiled, faults := d.Form.Compile()
	if len(faults) > 0 {
		return nil, fmt.Errorf("the form: %w", faults[0])
	}
	d.Compiled = compiled
	return d, nil
}
