package eform

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// needs returns the fields that must be known before it is known whether f is
// shown and, when it is calculated, what it is.
func (f *field) needs() (needs []*field) {
	if f.step.when != nil {
		needs = append(needs, f.step.when.refs...)
	}
	if f.group != nil {
		needs = append(needs, f.group)
	}
	if f.when != nil {
		needs = append(needs, f.when.refs...)
	}
	if f.value != nil {
		needs = append(needs, f.value.refs...)
	}
	return needs
}

// walk visits the fields and those inside groups.
func walk(fields []*field, visit func(*field)) {
	for _, f := range fields {
		visit(f)
		walk(f.fields, visit)
	}
}

// cycles reports conditions and calculated values that need each other.
func (c *compiler) cycles() {
	const inWork, done = 1, 2
	state := make([]int, c.count)
	var path []*field
	var visit func(f *field)
	visit = func(f *field) {
		state[f.index] = inWork
		path = append(path, f)
		for _, need := range f.needs() {
			switch state[need.index] {
			case inWork:
				names := []string{need.id}
				for i := len(path) - 1; i >= 0 && path[i] != need; i-- {
					names = append(names, path[i].id)
				}
				names = append(names, need.id)
				c.at(f.ID, f.where, "Break the circle: take one of them out of the conditions or values of the others",
					"these need each other: %s", strings.Join(names, " → "))
			case done:
			default:
				visit(need)
			}
		}
		path = path[:len(path)-1]
		state[f.index] = done
	}
	walk(c.fields, func(f *field) {
		if state[f.index] == 0 {
			visit(f)
		}
	})
}

// maxTries bounds how many combinations of answers are tried for one field.
const maxTries = 4096

// unreachable reports fields that no combination of answers shows. It tries
// every combination of the choices that a condition hangs on; numbers, texts
// and dates count as able to be anything.
func (c *compiler) unreachable() {
	nothing := c.world() // assumed: one for all fields that hang on no choice
	for _, s := range c.steps {
		if len(s.fields) > 0 && s.when != nil && !c.reachable(nothing, s.fields[0], s.when) {
			c.at(s.ID, "steps", "Mend the condition, or remove the step", "no answers ever lead to the step %q", s.ID)
			continue
		}
		for _, f := range s.fields {
			if f.when != nil && !c.reachable(nothing, f, nil) {
				c.fault(f.When.Line, f.When.Column, f.where+".when", "Mend the condition, or remove the field", "no answers ever show %q", f.id)
			}
		}
	}
}

// reachable reports whether some answers make the step's condition true when
// it is given, and else show the field.
func (c *compiler) reachable(w *world, target *field, when *program) bool {
	var choices []*field
	seen := make([]bool, c.count)
	var collect func(f *field)
	collect = func(f *field) {
		for _, need := range f.needs() {
			if !seen[need.index] {
				seen[need.index] = true
				collect(need)
				if need.group == nil && len(domain(need)) > 0 {
					choices = append(choices, need)
				}
			}
		}
	}
	collect(target)
	tries := 1
	for _, f := range choices {
		if tries *= len(domain(f)); tries > maxTries {
			return true // too many to try
		}
	}
	if len(choices) > 0 {
		w = c.world()
	}
	for try := range tries {
		if try > 0 {
			clear(w.known)
		}
		for _, f := range choices {
			values := domain(f)
			w.assumed[f.index] = values[try%len(values)]
			try /= len(values)
		}
		if when != nil {
			if w.holds(when) {
				return true
			}
		} else if w.shown(target) {
			return true
		}
	}
	return false
}

// domain returns all values that an answer can have, nil when they are too
// many to try.
func domain(f *field) (values []ref.Val) {
	switch f.Kind {
	case YesNo, Checkbox:
		return []ref.Val{types.True, types.False}
	case Choice, Select:
		for _, o := range f.Options {
			values = append(values, types.String(o.Value))
		}
	}
	return values
}

// world is a set of assumed answers. What is not assumed may be anything.
type world struct {
	c       *Compiled
	assumed []ref.Val
	known   []verdict // whether fields are shown, by index
}

func (c *compiler) world() *world {
	return &world{c.Compiled, make([]ref.Val, c.count), make([]verdict, c.count)}
}

const anythingID = 2

// anything stands for an answer that may be whatever a condition wants.
func anything() ref.Val {
	return types.NewUnknown(anythingID, types.NewAttributeTrail("anything"))
}

// Parent returns nil: a world has no other names.
func (w *world) Parent() interpreter.Activation { return nil }

// ResolveName returns what is assumed.
func (w *world) ResolveName(name string) (any, bool) {
	f := w.c.byID[name]
	switch {
	case f == nil: // today, row, outer
		return anything(), true
	case !w.shown(f):
		return notGiven(), true
	case w.assumed[f.index] != nil:
		return w.assumed[f.index], true
	case f.Kind == Calculated:
		out, _, err := f.value.Eval(w)
		if err != nil {
			return anything(), true
		}
		return out, true
	}
	return anything(), true
}

func (w *world) shown(f *field) bool {
	if w.known[f.index] == open {
		w.known[f.index] = verdictOf((f.step.when == nil || w.holds(f.step.when)) && (f.when == nil || w.holds(f.when)))
	}
	return w.known[f.index] == yes
}

// holds reports whether a condition is true or could be.
func (w *world) holds(p *program) bool {
	out, _, err := p.Eval(w)
	if err != nil {
		return true // an error depends on values that were not tried
	}
	if unknown, ok := out.(*types.Unknown); ok {
		_, free := unknown.GetAttributeTrails(anythingID)
		return free
	}
	return out == types.True
}

var _ cel.Activation = (*world)(nil)
