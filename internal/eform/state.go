package eform

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"kabinet/internal/platform/i18n"
)

// State is one look at the answers to a form: what is asked now, what is wrong,
// what follows. It reads the answers as they were when it was made, remembers
// what it worked out, and belongs to one goroutine.
type State struct {
	c       *Compiled
	answers Answers
	env     Env
	today   ref.Val
	root    *spot
	rows    map[string]*spot // by prefix
	steps   []verdict        // whether each step is asked
	locked  []verdict        // whether each field is known from outside, by field index
	faults  []error
}

// verdict is something worked out once.
type verdict int8

const (
	open verdict = iota
	yes
	no
)

func verdictOf(b bool) verdict {
	if b {
		return yes
	}
	return no
}

// State looks at answers. It is cheap: everything is worked out when asked for.
func (c *Compiled) State(a Answers, env Env) *State {
	y, m, d := env.Today.Date()
	s := &State{c: c, answers: a, env: env,
		today: types.Timestamp{Time: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)},
		rows:  map[string]*spot{},
		steps: make([]verdict, len(c.steps)), locked: make([]verdict, c.count),
	}
	s.root = s.newSpot(nil, nil, "", 0)
	return s
}

// Answers returns what the state looks at.
func (s *State) Answers() Answers { return s.answers }

// Err returns expressions that failed while the state was asked, such as a
// division by zero: a mistake of the form, not of the person. A failed
// condition counts as not met, a failed check as not passed.
func (s *State) Err() error { return errors.Join(s.faults...) }

// Steps returns the steps that are asked now.
func (s *State) Steps() (steps []*Step) {
	for _, step := range s.c.steps {
		if s.asked(step) {
			steps = append(steps, step.Step)
		}
	}
	return steps
}

// Step returns the definition of a step that is asked now, nil when there is
// none or it is not asked.
func (s *State) Step(id string) *Step {
	if step := s.c.step(id); step != nil && s.asked(step) {
		return step.Step
	}
	return nil
}

func (c *Compiled) step(id string) *step {
	for _, s := range c.steps {
		if s.ID.Value == id {
			return s
		}
	}
	return nil
}

// asked reports whether a step is asked: its condition holds and it has
// something to ask or to show.
func (s *State) asked(step *step) bool {
	if s.steps[step.index] == open {
		s.steps[step.index] = no // a step cannot hang on itself
		if step.when == nil || s.holds(step.when, s.root) {
			s.steps[step.index] = yes
		}
	}
	return s.steps[step.index] == yes
}

// spot is where fields stand: the form itself, or a row of a group. It is the
// activation in which their expressions are evaluated.
type spot struct {
	s      *State
	group  *field // nil for the form
	outer  *spot  // the spot the group stands in; nil for the form
	prefix string // of paths: "" or "children.r1."
	number int    // of the row, from 1
	row    *object
	shown  []verdict // by slot
	values []ref.Val
}

func (s *State) newSpot(group *field, outer *spot, prefix string, number int) *spot {
	sp := &spot{s: s, group: group, outer: outer, prefix: prefix, number: number}
	count := s.c.count
	if group != nil {
		count = len(group.fields)
		sp.row = &object{typ: group.typ.Parameters()[0], field: sp.fieldValue}
	}
	sp.shown, sp.values = make([]verdict, count), make([]ref.Val, count)
	return sp
}

// slot returns the place of a field in the spot's memory.
func (sp *spot) slot(f *field) int {
	if sp.group == nil {
		return f.index
	}
	return f.place
}

// fieldValue returns the value of a row's field by name.
func (sp *spot) fieldValue(name string) ref.Val {
	if name == "number" {
		return types.Int(sp.number)
	}
	return sp.value(sp.group.byID[name])
}

// Parent returns nil: a spot knows all names.
func (sp *spot) Parent() interpreter.Activation { return nil }

// ResolveName returns the value of a name in an expression.
func (sp *spot) ResolveName(name string) (any, bool) {
	switch name {
	case "today":
		return sp.s.today, true
	case "row":
		return sp.row, sp.row != nil
	case "outer":
		return sp.outer.row, sp.outer.row != nil
	}
	f := sp.s.c.byID[name]
	if f == nil {
		return nil, false
	}
	return sp.s.root.value(f), true
}

var _ cel.Activation = (*spot)(nil)

// eval returns what an expression gives.
func (s *State) eval(p *program, sp *spot) ref.Val {
	out, _, err := p.Eval(sp)
	if err != nil {
		// The text of the error may hold answers, so it is not passed on.
		s.faults = append(s.faults, fmt.Errorf("%s: the expression failed", p.where))
		return nil
	}
	return out
}

// holds reports whether a condition is met.
func (s *State) holds(p *program, sp *spot) bool { return s.eval(p, sp) == types.True }

// visible reports whether a field is asked or shown.
func (sp *spot) visible(f *field) bool {
	i := sp.slot(f)
	if sp.shown[i] == open {
		sp.shown[i] = no
		if sp.group != nil || sp.s.asked(f.step) {
			sp.shown[i] = verdictOf(f.when == nil || sp.s.holds(f.when, sp))
		}
	}
	return sp.shown[i] == yes
}

// rowsOf returns the rows of a group in order.
func (sp *spot) rowsOf(group *field) []*spot {
	path := sp.prefix + group.id
	keys := group.rows(sp.s.answers, path)
	rows := make([]*spot, len(keys))
	for i, key := range keys {
		prefix := path + "." + key + "."
		row := sp.s.rows[prefix]
		if row == nil {
			row = sp.s.newSpot(group, sp, prefix, i+1)
			sp.s.rows[prefix] = row
		}
		rows[i] = row
	}
	return rows
}

// isLocked reports whether a field is known from outside and not to be changed
// here. Then its value comes from the facts, whatever the answers hold.
func (sp *spot) isLocked(f *field) bool {
	if f.Prefill == "" || f.Editable {
		return false
	}
	if sp.s.locked[f.index] == open {
		sp.s.locked[f.index] = verdictOf(sp.s.known(f))
	}
	return sp.s.locked[f.index] == yes
}

// known reports whether the facts hold a whole and readable value of a field.
func (s *State) known(f *field) bool {
	if f.kind.parts == nil {
		fact := s.env.Facts[f.Prefill]
		if fact == "" || f.kind.choice && f.option(fact) == nil {
			return false
		}
		_, err := f.kind.canonical(fact)
		return err == nil
	}
	for i, p := range f.kind.parts {
		fact := s.env.Facts[f.Prefill+"."+p.name]
		if fact == "" && !p.optional {
			return false
		}
		if _, err := f.parts[i].canonical(fact); err != nil {
			return false
		}
	}
	return true
}

// raw returns the text that stands in a field, canonical or as typed: the
// answer, else what is known, else the default. part is "" for a single value.
func (sp *spot) raw(f *field, part string) string {
	path, source := sp.prefix+f.id, f.Prefill
	if part != "" {
		path += "." + part
		if source != "" {
			source += "." + part
		}
	}
	if sp.isLocked(f) {
		return sp.s.env.Facts[source]
	}
	if v, ok := sp.s.answers[path]; ok {
		return v
	}
	if source != "" {
		if fact := sp.s.env.Facts[source]; fact != "" {
			return fact
		}
	}
	return string(f.Default)
}

// value returns the answer for expressions, not given when the field is hidden.
func (sp *spot) value(f *field) ref.Val {
	i := sp.slot(f)
	if sp.values[i] == nil {
		sp.values[i] = notGiven() // while it is worked out
		if sp.visible(f) {
			sp.values[i] = sp.work(f)
		} else if f.kind.countd {
			sp.values[i] = types.NewRefValList(types.DefaultTypeAdapter, nil)
		} else if f.Kind == Checkbox {
			sp.values[i] = types.False
		}
	}
	return sp.values[i]
}

// work works out the value of a field that is shown.
func (sp *spot) work(f *field) ref.Val {
	switch {
	case f.Kind == Calculated:
		out := sp.s.eval(f.value, sp)
		if n, ok := out.(types.Int); ok && f.As == Number {
			return types.Double(n)
		}
		if out == nil {
			return notGiven()
		}
		return out
	case f.Kind == Group:
		rows := sp.rowsOf(f)
		list := make([]ref.Val, len(rows))
		for i, row := range rows {
			list[i] = row.row
		}
		return types.NewRefValList(types.DefaultTypeAdapter, list)
	case f.Kind == File:
		return sp.files(f)
	case f.Kind == Multichoice:
		set, _ := readSet(sp.raw(f, "")) // never fails
		return types.NewStringList(types.DefaultTypeAdapter, strings.Fields(set))
	case f.kind.parts != nil:
		return sp.whole(f)
	}
	return single(f.kind, sp.raw(f, ""))
}

// single returns the value of a text, not given when it is empty or unreadable.
func single(k *kind, raw string) ref.Val {
	text, err := k.canonical(raw)
	if err != nil || text == "" && !k.tick {
		return notGiven()
	}
	if k.value == nil {
		return types.String(text)
	}
	return k.value(text)
}

// whole returns the value of a field made of several, not given when all
// obligatory parts are.
func (sp *spot) whole(f *field) ref.Val {
	values := make([]ref.Val, len(f.parts))
	some := false
	for i, p := range f.kind.parts {
		values[i] = single(f.parts[i], sp.raw(f, p.name))
		given := !types.IsUnknown(values[i])
		some = some || given
		if !given && p.optional {
			values[i] = types.String("")
		}
	}
	if !some {
		return notGiven()
	}
	return &object{typ: f.kind.cel, field: func(name string) ref.Val {
		for i, p := range f.kind.parts {
			if p.name == name {
				return values[i]
			}
		}
		return fullName(values) // fio.full
	}}
}

// fullName joins a name, not given when a part is not.
func fullName(parts []ref.Val) ref.Val {
	var names []string
	for _, p := range parts {
		name, ok := p.(types.String)
		if !ok {
			return p
		}
		if name != "" {
			names = append(names, string(name))
		}
	}
	return types.String(strings.Join(names, " "))
}

func (sp *spot) files(f *field) ref.Val {
	var list []ref.Val
	for _, file := range sp.s.answers.Files(sp.prefix + f.id) {
		list = append(list, &object{typ: types.NewObjectType(fileType), field: func(name string) ref.Val {
			switch name {
			case "name":
				return types.String(file.Name)
			case "type":
				return types.String(file.Type)
			}
			return types.Int(file.Size)
		}})
	}
	return types.NewRefValList(types.DefaultTypeAdapter, list)
}

// offers returns the options that can be chosen now.
func (sp *spot) offers(f *field) (options []*Option) {
	for i := range f.Options {
		if f.offered[i] == nil || sp.s.holds(f.offered[i], sp) {
			options = append(options, &f.Options[i])
		}
	}
	return options
}

// required reports whether the field must be answered.
func (sp *spot) required(f *field) bool { return f.required == nil || sp.s.holds(f.required, sp) }

// heading returns «Ребёнок 2» for a row, with the row around it before it;
// nothing for the form itself.
func (sp *spot) heading() i18n.Text {
	if sp.group == nil {
		return i18n.Text{}
	}
	return i18n.K("eform.row", "row", sp.group.Row, "n", sp.number)
}
