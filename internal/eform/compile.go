package eform

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"kabinet/internal/document"
	"kabinet/internal/platform/i18n"
)

// Compiled is a form that was checked and can be asked. It does not change and
// may be used from many goroutines.
type Compiled struct {
	steps  []*step
	fields []*field // of all steps, without those inside groups
	byID   map[string]*field
	env    *cel.Env
	count  int  // fields with those inside groups
	knows  bool // a field is filled in from the profile
}

type step struct {
	*Step
	index  int
	when   *program
	fields []*field
}

// field is a field that was checked.
type field struct {
	*Field
	id     string
	index  int     // among all fields of the form
	place  int     // among the fields of its group
	parts  []*kind // of the parts of the value
	kind   *kind
	shown  *kind     // what the value is shown as: differs for calculated
	typ    *cel.Type // of the value; nil for info
	step   *step
	group  *field // nil outside of groups
	fields []*field
	byID   map[string]*field // of a group

	when, required, least, most, value *program
	checks                             []*program // beside Check
	offered                            []*program // beside Options; nil: always
	where                              string     // path in the file
}

// UsesFacts reports whether any answer depends on what the portal knows of the
// person; where none does, Env.Facts may be left out.
func (c *Compiled) UsesFacts() bool { return c.knows }

// program is an expression ready to be evaluated.
type program struct {
	cel.Program
	where string
	refs  []*field // whose values it reads
	today bool     // depends on the day
}

// compiler gathers the issues.
type compiler struct {
	*Compiled
	issues  []Issue
	objects map[string]map[string]*cel.Type
	rows    map[string]*field // groups by the name of their row's type
	names   []string          // all ids, for advice
}

// Compile checks the form and makes it ready to be asked. With any issue the
// form is nil. The definition must not be changed afterwards.
func (f *Form) Compile() (*Compiled, []Issue) {
	c := &compiler{
		Compiled: &Compiled{byID: map[string]*field{}},
		objects:  builtInTypes(),
		rows:     map[string]*field{},
	}
	c.declare(f)
	if len(c.issues) > 0 {
		return nil, c.issues
	}
	if err := c.environment(); err != nil {
		return nil, []Issue{{Path: "form", What: err.Error()}}
	}
	c.expressions()
	if len(c.issues) > 0 {
		return nil, c.issues
	}
	c.cycles()
	if len(c.issues) == 0 {
		c.unreachable()
	}
	if len(c.issues) > 0 {
		return nil, c.issues
	}
	return c.Compiled, nil
}

func (c *compiler) fault(line, column int, path, advice, what string, args ...any) {
	c.issues = append(c.issues, Issue{line, column, path, fmt.Sprintf(what, args...), advice})
}

func (c *compiler) at(n Name, path, advice, what string, args ...any) {
	c.fault(n.Line, n.Column, path, advice, what, args...)
}

// declare checks everything but expressions and gives every field its type.
func (c *compiler) declare(f *Form) {
	if len(f.Steps) == 0 {
		c.fault(0, 0, "steps", "Add a step with its id, title and fields", "the form has no steps")
	}
	seen := map[string]bool{}
	for i := range f.Steps {
		def := &f.Steps[i]
		path := fmt.Sprintf("steps[%d]", i)
		s := &step{Step: def, index: i}
		c.steps = append(c.steps, s)
		c.name(def.ID, path+".id")
		if seen[def.ID.Value] {
			c.at(def.ID, path+".id", "Give every step an id of its own", "the id %q is taken by another step", def.ID)
		}
		seen[def.ID.Value] = true
		c.words(def.ID, def.Title, true, path+".title")
		c.words(def.ID, def.Hint, false, path+".hint")
		if len(def.Fields) == 0 {
			c.at(def.ID, path+".fields", "Add a field, or remove the step", "the step %q asks nothing", def.ID)
		}
		s.fields = c.declareFields(def.Fields, s, nil, path)
		c.fields = append(c.fields, s.fields...)
	}
}

// name checks the shape of an id.
func (c *compiler) name(n Name, path string) {
	switch {
	case n.Value == "":
		c.at(n, path, "Add id: a short Latin name, such as birth_date", "the id is missing")
	case !nameShape.MatchString(n.Value):
		c.at(n, path, "Use up to 40 small Latin letters, digits and _, beginning with a letter", "the id %q has the wrong shape", n)
	case strings.Contains(reserved, " "+n.Value+" "):
		c.at(n, path, "Choose another id", "the id %q is a word of expressions", n)
	}
}

// words checks that a text is there in both languages.
func (c *compiler) words(n Name, w i18n.Words, needed bool, path string) {
	switch {
	case w.RU == "" && w.EN == "":
		if needed {
			c.at(n, path, "Add it as {ru: …, en: …}", "the text is missing")
		}
	case w.RU == "":
		c.at(n, path+".ru", "Add the Russian text", "the Russian text is missing")
	case w.EN == "":
		c.at(n, path+".en", "Add the English text", "the English text is missing")
	}
}

func (c *compiler) declareFields(defs []Field, s *step, group *field, path string) []*field {
	var fields []*field
	known := c.byID
	if group != nil {
		known = group.byID
	}
	for i := range defs {
		def := &defs[i]
		where := fmt.Sprintf("%s.fields[%d]", path, i)
		c.name(def.ID, where+".id")
		f := &field{Field: def, id: def.ID.Value, index: c.count, place: len(fields), kind: kindOf(def.Kind), step: s, group: group, where: where}
		c.count++
		if f.kind == nil || !slices.Contains(Kinds(), def.Kind) {
			c.unknownKind(def.ID, def.Kind, where+".kind")
			continue
		}
		if other := known[f.id]; other != nil {
			c.at(def.ID, where+".id", "Ids are unique in the whole form, and inside a group among its fields", "the id %q is taken by %s", f.id, other.where)
			continue
		}
		for _, p := range f.kind.parts {
			f.parts = append(f.parts, kindOf(p.kind))
		}
		known[f.id] = f
		c.names = append(c.names, f.id)
		fields = append(fields, f)
		c.declareField(f)
	}
	return fields
}

func (c *compiler) unknownKind(at Name, k Kind, path string) {
	var names []string
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	advice := "Kinds: " + strings.Join(names, ", ")
	if near := nearest(string(k), names); near != "" {
		advice = fmt.Sprintf("Did you mean %q? %s", near, advice)
	}
	if k == "" {
		c.at(at, path, advice, "the kind is missing")
		return
	}
	c.at(at, path, advice, "there is no kind %q", k)
}

// declareField checks what one field says and finds its type.
func (c *compiler) declareField(f *field) {
	f.shown, f.typ = f.kind, f.kind.cel
	c.words(f.ID, f.Label, f.Kind != Info, f.where+".label")
	c.words(f.ID, f.Hint, false, f.where+".hint")
	c.words(f.ID, f.Missing, false, f.where+".missing")
	c.words(f.ID, f.Text, f.Kind == Info, f.where+".text")
	c.words(f.ID, f.Row, f.Kind == Group, f.where+".row")
	c.words(f.ID, f.Add, f.Kind == Group, f.where+".add")
	c.misplaced(f)
	switch f.Kind {
	case Group:
		c.declareGroup(f)
	case Calculated:
		if f.As == "" {
			f.As = Text
		}
		if !slices.Contains([]Kind{Text, Integer, Number, Money, Date, YesNo}, f.As) {
			c.at(f.ID, f.where+".as", "Use text, integer, number, money, date or yesno", "a value cannot be shown as %q", f.As)
			f.As = Text
		}
		f.shown = kindOf(f.As)
		f.typ = f.shown.cel
		if f.Value.Empty() {
			c.at(f.ID, f.where+".value", "Add value: an expression", "nothing is calculated")
		}
	case File:
		c.declareFile(f)
	}
	if f.kind.choice {
		c.declareOptions(f)
	}
	c.prefill(f)
	c.defaultValue(f)
	for i := range f.Check {
		path := fmt.Sprintf("%s.check[%d]", f.where, i)
		c.words(f.ID, f.Check[i].Say, true, path+".say")
		if f.Check[i].That.Empty() {
			c.at(f.ID, path+".that", "Add that: an expression that is true for a good answer", "the rule is missing")
		}
	}
}

// misplaced reports keys that mean nothing for the kind: what has no effect
// misleads the next reader.
func (c *compiler) misplaced(f *field) {
	for _, m := range []struct {
		key  string
		set  bool
		fits bool
		use  string
	}{
		{"options", len(f.Options) > 0, f.kind.choice, "choice, select, multichoice"},
		{"types", len(f.Types) > 0, f.Kind == File, "file"},
		{"size", f.Size != 0, f.Kind == File, "file"},
		{"fields", len(f.Fields) > 0, f.Kind == Group, "group"},
		{"row", f.Row != i18n.Words{}, f.Kind == Group, "group"},
		{"add", f.Add != i18n.Words{}, f.Kind == Group, "group"},
		{"value", !f.Value.Empty(), f.Kind == Calculated, "calculated"},
		{"as", f.As != "", f.Kind == Calculated, "calculated"},
		{"text", f.Text != i18n.Words{}, f.Kind == Info, "info"},
		{"max", f.Max != 0, f.Kind == Text || f.Kind == Textarea, "text, textarea"},
		{"least", !f.Least.Empty(), f.kind.bounds || f.kind.countd, "number, integer, money, date, year, multichoice, file, group"},
		{"most", !f.Most.Empty(), f.kind.bounds || f.kind.countd, "number, integer, money, date, year, multichoice, file, group"},
		{"required", !f.Required.Empty(), f.Kind != Info && f.Kind != Calculated, "questions"},
		{"missing", f.Missing != i18n.Words{}, f.Kind != Info && f.Kind != Calculated, "questions"},
		{"check", len(f.Check) > 0, f.Kind != Info, "questions and calculated values"},
		{"default", f.Default != "", f.kind.single() && f.Kind != Checkbox, "questions of one value; an agreement is never given for a person"},
		{"editable", f.Editable, f.Prefill != "", "fields with prefill"},
		{"width", f.Width != "", f.kind.single(), "fields of one value"},
		{"autocomplete", f.Autocomplete != "", f.kind.single(), "fields of one value"},
	} {
		if m.set && !m.fits {
			c.at(f.ID, f.where+"."+m.key, "It belongs to: "+m.use, "%s has no effect on a field of kind %s", m.key, f.Kind)
		}
	}
	if !slices.Contains([]string{"", "s", "m", "l"}, f.Width) {
		c.at(f.ID, f.where+".width", "Use s, m or l", "there is no width %q", f.Width)
	}
	if f.Max < 0 || f.Max > 20_000 {
		c.at(f.ID, f.where+".max", "Use 1 to 20000 letters", "the longest text of %d letters cannot be", f.Max)
	}
}

func (c *compiler) declareGroup(f *field) {
	name := rowType + f.name()
	if f.group != nil && f.group.group != nil {
		c.at(f.ID, f.where, "Put the inner group on a step of its own", "groups stand in each other three deep")
		return
	}
	if len(f.Fields) == 0 {
		c.at(f.ID, f.where+".fields", "Add the fields of a row", "a row of the group %q asks nothing", f.id)
	}
	f.byID = map[string]*field{}
	f.fields = c.declareFields(f.Fields, f.step, f, f.where)
	types := map[string]*cel.Type{"number": cel.IntType}
	for _, in := range f.fields {
		if in.typ != nil {
			types[in.id] = in.typ
		}
	}
	c.objects[name] = types
	c.rows[name] = f
	f.typ = cel.ListType(cel.ObjectType(name))
}

// name returns the field's id after those of the groups around it.
func (f *field) name() string {
	if f.group != nil {
		return f.group.name() + "_" + f.id
	}
	return f.id
}

func (c *compiler) declareFile(f *field) {
	for _, t := range f.Types {
		if !slices.Contains([]string{"pdf", "jpg", "png"}, t) {
			c.at(f.ID, f.where+".types", "Use pdf, jpg or png", "files of type %q are not taken", t)
		}
	}
	if len(f.Types) == 0 {
		f.Types = []string{"pdf", "jpg", "png"}
	}
	if f.Size < 0 || f.Size > document.MaxSize>>20 {
		c.at(f.ID, f.where+".size", "Use 1 to 5 megabytes", "files of %d megabytes are not taken", f.Size)
	}
	if f.Size == 0 {
		f.Size = 5
	}
}

func (c *compiler) declareOptions(f *field) {
	if len(f.Options) < 2 && f.Kind != Multichoice || len(f.Options) == 0 {
		c.at(f.ID, f.where+".options", "Add options: [{value: …, label: {ru: …, en: …}}]", "there is nothing to choose from")
	}
	seen := map[string]bool{}
	for i, o := range f.Options {
		path := fmt.Sprintf("%s.options[%d]", f.where, i)
		if !optionShape.MatchString(o.Value) {
			c.at(f.ID, path+".value", "Use Latin letters, digits, _ - and . without spaces", "the value %q has the wrong shape", o.Value)
		}
		if seen[o.Value] {
			c.at(f.ID, path+".value", "Give every option a value of its own", "the value %q is there twice", o.Value)
		}
		seen[o.Value] = true
		c.words(f.ID, o.Label, true, path+".label")
		c.words(f.ID, o.Hint, false, path+".hint")
	}
}

// option returns the option with the value, nil when there is none.
func (f *field) option(value string) *Option {
	for i := range f.Options {
		if f.Options[i].Value == value {
			return &f.Options[i]
		}
	}
	return nil
}

func (c *compiler) prefill(f *field) {
	if f.Prefill == "" {
		return
	}
	c.knows = true
	source, ok := Sources()[f.Prefill]
	switch {
	case !ok:
		var names []string
		for s := range Sources() {
			names = append(names, s)
		}
		slices.Sort(names)
		c.at(f.ID, f.where+".prefill", "Sources: "+strings.Join(names, ", "), "there is no source %q", f.Prefill)
	case f.group != nil:
		c.at(f.ID, f.where+".prefill", "Remove it: rows are about other people and things", "a field of a row cannot be filled in from the profile")
	case source != f.Kind && !fits(source, f.Kind):
		c.at(f.ID, f.where+".prefill", fmt.Sprintf("Make the field of kind %s", source), "%s does not fit a field of kind %s", f.Prefill, f.Kind)
	}
}

// fits reports whether what is known as one kind can stand in a field of
// another.
func fits(source, k Kind) bool {
	return k == Select && kindOf(source).single() || (k == Text || k == Choice) && kindOf(source).single() && source != Choice
}

func (c *compiler) defaultValue(f *field) {
	if f.Default == "" {
		return
	}
	value, err := f.kind.canonical(string(f.Default))
	if err != nil || f.kind.choice && f.option(value) == nil {
		c.at(f.ID, f.where+".default", "Write it as a person would, or as the value of an option", "%q is no answer to a field of kind %s", f.Default, f.Kind)
		return
	}
	f.Default = Scalar(value)
}
