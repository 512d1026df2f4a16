package eform

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Example is one case that the form's author thought through: these answers,
// and what follows. `kabinet services test` runs it.
type Example struct {
	Name   string         `yaml:"name"`
	Today  string         `yaml:"today"` // 2026-11-21, the day it happens; empty: that very day
	Facts  map[string]any `yaml:"facts"` // what is known of the person: source → value
	Given  map[string]any `yaml:"given"` // what the person typed: id → value, rows as a list
	Expect Expectation    `yaml:"expect"`
}

// Expectation is what follows from an example's answers.
type Expectation struct {
	// Errors are the paths that cannot be sent so, each with a part of the
	// Russian text or of the code. Paths not named are right. Rows are r1, r2, …
	Errors map[string]string `yaml:"errors"`
	Shown  []string          `yaml:"shown"`  // steps and fields that are asked
	Hidden []string          `yaml:"hidden"` // steps and fields that are not
	Values map[string]any    `yaml:"values"` // canonical values by path
}

// exampleDay is today of an example that names no day.
const exampleDay = "2026-11-21"

// Look returns the state that an example describes, for whoever expects more
// of it, such as a fee.
func (c *Compiled) Look(e Example) (*State, error) {
	day := e.Today
	if day == "" {
		day = exampleDay
	}
	today, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil, fmt.Errorf("today of an example is a day like %s", exampleDay)
	}
	facts := Facts{}
	flatten(e.Facts, "", facts)
	for path, v := range facts {
		if k := sourceKind(path); k != nil {
			facts[path] = canonicalOr(k, v)
		}
	}
	return c.State(c.Answers(e.Given), Env{Today: today, Facts: facts}), nil
}

// sourceKind returns the kind of a fact: of its source or of its part.
func sourceKind(path string) *kind {
	for source, k := range Sources() {
		if path == source {
			return kindOf(k)
		}
		if name, ok := strings.CutPrefix(path, source+"."); ok {
			for _, p := range kindOf(k).parts {
				if p.name == name {
					return kindOf(p.kind)
				}
			}
		}
	}
	return nil
}

// Try runs an example and returns what differs from what it expects, a
// sentence each; nothing when all is as expected. ctx says texts in Russian.
func (c *Compiled) Try(ctx context.Context, e Example) (differs []string) {
	s, err := c.Look(e)
	if err != nil {
		return []string{err.Error()}
	}
	expected := maps.Clone(e.Expect.Errors)
	for _, p := range s.CheckAll() {
		part, ok := expected[p.Path]
		text := p.Text.In(ctx)
		switch {
		case !ok:
			differs = append(differs, fmt.Sprintf("%s is refused: %s (%s)", p.Path, text, p.Code))
		case !strings.Contains(text, part) && !strings.Contains(p.Code, part):
			differs = append(differs, fmt.Sprintf("%s is refused with %q (%s), not with %q", p.Path, text, p.Code, part))
		}
		delete(expected, p.Path)
	}
	for _, path := range slices.Sorted(maps.Keys(expected)) {
		differs = append(differs, path+" is accepted")
	}
	for _, path := range e.Expect.Shown {
		if !s.Shown(path) {
			differs = append(differs, path+" is not asked")
		}
	}
	for _, path := range e.Expect.Hidden {
		if s.Shown(path) {
			differs = append(differs, path+" is asked")
		}
	}
	for _, path := range slices.Sorted(maps.Keys(e.Expect.Values)) {
		if got, want := s.Value(path), scalar(e.Expect.Values[path]); got != want {
			differs = append(differs, fmt.Sprintf("%s is %q, not %q", path, got, want))
		}
	}
	if err := s.Err(); err != nil {
		differs = append(differs, err.Error())
	}
	return differs
}

// Shown reports whether a step or the field at a path is asked or shown.
func (s *State) Shown(path string) bool {
	if step := s.c.step(path); step != nil && s.c.byID[path] == nil {
		return s.asked(step)
	}
	f, sp, _ := s.find(path)
	return f != nil && sp.visible(f)
}

// Answers turns values as a file writes them into answers: parts of a value
// and rows of a group may be maps and lists, files are names. What can be read
// becomes canonical.
func (c *Compiled) Answers(given map[string]any) Answers {
	a := Answers{}
	c.put(a, "", c.byID, given)
	return a
}

func (c *Compiled) put(a Answers, prefix string, known map[string]*field, given map[string]any) {
	for id, v := range given {
		path := prefix + id
		f := known[id]
		switch {
		case f == nil:
			a[path] = scalar(v) // stays unread, as an answer to a question that is no more
		case f.Kind == Group:
			list, _ := v.([]any)
			a.put(path, nil)
			for i, row := range list {
				key := "r" + strconv.Itoa(i+1)
				a.put(path, append(a.keys(path), key))
				if values, ok := row.(map[string]any); ok {
					c.put(a, path+"."+key+".", f.byID, values)
				}
			}
		case f.Kind == File:
			list, ok := v.([]any)
			if !ok {
				list = []any{v}
			}
			for i, name := range list {
				key := "f" + strconv.Itoa(i+1)
				_, ending, _ := strings.Cut(scalar(name), ".")
				a.Attach(path, Attachment{Key: key, ID: key, Name: scalar(name), Type: ending, Size: 1024})
			}
		case f.kind.parts != nil:
			values, _ := v.(map[string]any)
			for i, p := range f.kind.parts {
				if part, ok := values[p.name]; ok {
					a[path+"."+p.name] = canonicalOr(f.parts[i], scalar(part))
				}
			}
		default:
			a[path] = canonicalOr(f.kind, scalar(v))
		}
	}
}

// flatten writes nested values by path.
func flatten(values map[string]any, prefix string, to map[string]string) {
	for key, v := range values {
		if inner, ok := v.(map[string]any); ok {
			flatten(inner, prefix+key+".", to)
			continue
		}
		to[prefix+key] = scalar(v)
	}
}

// scalar returns a value of YAML as text.
func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = scalar(v[i])
		}
		return strings.Join(texts, " ")
	}
	return fmt.Sprint(v)
}
