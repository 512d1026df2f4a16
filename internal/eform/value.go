package eform

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// textOf returns the canonical text of what an expression gave, "" when it is
// not given.
func textOf(v ref.Val, k Kind) string {
	switch v := v.(type) {
	case types.String:
		return string(v)
	case types.Bool:
		if v {
			return "yes"
		}
		return "no"
	case types.Double:
		return strconv.FormatFloat(float64(v), 'f', -1, 64)
	case types.Timestamp:
		return v.UTC().Format(time.DateOnly)
	case types.Int:
		if k != Money {
			return strconv.FormatInt(int64(v), 10)
		}
		sign := ""
		if v < 0 {
			sign, v = "-", -v
		}
		if v%100 == 0 {
			return fmt.Sprintf("%s%d", sign, v/100)
		}
		return fmt.Sprintf("%s%d.%02d", sign, v/100, v%100)
	}
	return ""
}

// written returns a value as people write it.
func written(v ref.Val, k Kind) string {
	text := textOf(v, k)
	if show := kindOf(k).show; show != nil {
		return show(text)
	}
	return text
}

// RuleType is what an expression of a service gives.
type RuleType int

// What expressions of a service give.
const (
	RuleBool RuleType = iota
	RuleInt           // a number; a sum in kopecks
	RuleText
	RuleDate
)

// Rule is an expression of the service over the answers to its form: its fee,
// its route, who may apply.
type Rule struct {
	p *program
}

// Rule compiles an expression that may read every answer and today. path says
// where it stands in the file.
func (c *Compiled) Rule(e Expr, path string, want RuleType) (*Rule, []Issue) {
	k := &compiler{Compiled: c, rows: map[string]*field{}}
	walk(c.fields, func(f *field) {
		k.names = append(k.names, f.id)
		if f.Kind == Group {
			k.rows[rowType+f.name()] = f
		}
	})
	if e.Empty() {
		return nil, []Issue{{e.Line, e.Column, path, "the expression is missing", ""}}
	}
	types := map[RuleType]*cel.Type{RuleBool: cel.BoolType, RuleInt: cel.IntType, RuleText: cel.StringType, RuleDate: cel.TimestampType}
	p := k.compile(c.env, e, nil, nil, path, types[want])
	if len(k.issues) > 0 {
		return nil, k.issues
	}
	return &Rule{p}, nil
}

// Bool reports whether a rule holds. It does not while an answer it needs is
// not given.
func (s *State) Bool(r *Rule) bool { return s.holds(r.p, s.root) }

// Int returns what a rule gives, false while it cannot be said.
func (s *State) Int(r *Rule) (int64, bool) {
	n, ok := s.eval(r.p, s.root).(types.Int)
	return int64(n), ok
}

// Text returns what a rule gives, false while it cannot be said.
func (s *State) Text(r *Rule) (string, bool) {
	text, ok := s.eval(r.p, s.root).(types.String)
	return string(text), ok
}

// Date returns what a rule gives, at 00:00 UTC, false while it cannot be said.
func (s *State) Date(r *Rule) (time.Time, bool) {
	t, ok := s.eval(r.p, s.root).(types.Timestamp)
	return t.Time, ok
}

// Value returns the canonical text of the answer at a path of one value or
// part, "" when it is not given or its field is hidden: "reason", "fio.last",
// "fio.full", "children.r1.birth".
func (s *State) Value(path string) string {
	f, sp, rest := s.find(path)
	if f == nil || !sp.visible(f) {
		return ""
	}
	if f.kind.parts == nil {
		if f.kind.countd {
			return strings.Join(strings.Fields(sp.raw(f, "")), " ")
		}
		return textOf(sp.value(f), f.shownKind())
	}
	if o, ok := sp.value(f).(*object); ok {
		for i, p := range f.kind.parts {
			if p.name == rest {
				text, err := f.parts[i].canonical(sp.raw(f, p.name))
				if err != nil {
					return ""
				}
				return text
			}
		}
		if f.Kind == Fio && rest == "full" {
			return textOf(o.field(rest), Text)
		}
	}
	return ""
}

// shownKind is the kind a value is shown as.
func (f *field) shownKind() Kind {
	if f.Kind == Calculated {
		return f.As
	}
	return f.Kind
}

// find returns the field that a path leads to, the spot it stands in, and what
// is left of the path: a part of the value, or the key of a file. The field is
// nil when the path leads nowhere.
func (s *State) find(path string) (*field, *spot, string) {
	sp, known := s.root, s.c.byID
	for {
		id, rest, _ := strings.Cut(path, ".")
		f := known[id]
		if f == nil || f.Kind != Group || rest == "" {
			return f, sp, rest
		}
		key, inside, _ := strings.Cut(rest, ".")
		var row *spot
		for _, r := range sp.rowsOf(f) {
			if r.prefix == sp.prefix+f.id+"."+key+"." {
				row = r
			}
		}
		if row == nil {
			return nil, sp, rest
		}
		sp, known, path = row, f.byID, inside
	}
}
