package catalogue

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"kabinet/internal/platform/i18n"
)

// source is a parsed file: it knows where each key stands, so that faults found
// later can point there.
type source struct {
	file   string
	root   ast.Node
	places map[string]place
	issues []Issue
}

type place struct{ line, column int }

// parse reads a file and compares its keys with the type that it is meant for:
// unknown and missing keys, values of another kind and texts that lack a
// language are all found at once, which a decoder does not do.
func parse(file string, data []byte, t reflect.Type) *source {
	s := &source{file: file, places: map[string]place{"": {1, 1}}}
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		s.issues = append(s.issues, decodeError(file, err))
		return s
	}
	if len(parsed.Docs) == 0 || parsed.Docs[0].Body == nil {
		s.issues = append(s.issues, Issue{File: file, Line: 1, Column: 1, What: "the file is empty"})
		return s
	}
	s.root = parsed.Docs[0].Body
	s.walk(s.root, t, "")
	return s
}

// decode fills into, and reports whether it could. It does not try when the
// shape is wrong.
func (s *source) decode(into any) bool {
	if len(s.issues) > 0 {
		return false
	}
	if err := yaml.NodeToValue(s.root, into); err != nil {
		s.issues = append(s.issues, decodeError(s.file, err))
		return false
	}
	return true
}

// issue makes an Issue at a key, or at the nearest key around it.
func (s *source) issue(key, what, advice string) Issue {
	at, ok := s.places[key]
	for near := key; !ok; at, ok = s.places[near] {
		near = near[:max(0, strings.LastIndexAny(near, ".["))]
	}
	return Issue{s.file, at.line, at.column, key, what, advice}
}

func (s *source) fault(key, what, advice string) {
	s.issues = append(s.issues, s.issue(key, what, advice))
}

// oneOf faults a value that is not among those allowed, and reports whether it
// is. Nothing allowed means that the list itself is faulty, which was said.
func (s *source) oneOf(key, value string, allowed []string) bool {
	if len(allowed) == 0 || slices.Contains(allowed, value) {
		return true
	}
	s.fault(key, fmt.Sprintf("there is no %q here", value), meant(value, allowed))
	return false
}

// meant advises the nearest of the values, or all when there are few.
func meant(value string, allowed []string) string {
	best, least := "", max(2, len(value)/3)+1
	for _, a := range allowed {
		if d := edits(value, a); d < least {
			best, least = a, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("Did you mean %q?", best)
	case len(allowed) > 0 && len(allowed) <= 15:
		return "It may be " + strings.Join(allowed, ", ")
	}
	return ""
}

// edits is the number of bytes to change, add or remove to make b of a.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// put notes where a key stands; a mapping stands where its first key does.
func (s *source) put(key string, n ast.Node) {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	if t := n.GetToken(); t != nil {
		s.places[key] = place{t.Position.Line, t.Position.Column}
	}
}

// walk compares a node with a type.
func (s *source) walk(n ast.Node, t reflect.Type, key string) {
	switch v := n.(type) {
	case *ast.AnchorNode:
		s.walk(v.Value, t, key)
		return
	case *ast.TagNode:
		s.walk(v.Value, t, key)
		return
	case *ast.AliasNode:
		return // checked where the anchor stands
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[i18n.Words]():
		s.walkWords(n, key)
	case readsItself(t) || t.Kind() == reflect.Interface:
	case t.Kind() == reflect.Struct:
		s.walkStruct(n, t, key)
	case t.Kind() == reflect.Slice:
		list, ok := n.(*ast.SequenceNode)
		if !ok {
			s.fault(key, "a list is wanted here", "Begin each line of it with a hyphen, or write [one, two]")
			return
		}
		for i, v := range list.Values {
			item := fmt.Sprintf("%s[%d]", key, i)
			s.put(item, v)
			s.walk(v, t.Elem(), item)
		}
	case t.Kind() == reflect.Map:
		for _, pair := range s.pairs(n, key) {
			at := join(key, pair.Key.String())
			s.put(at, pair.Key)
			s.walk(pair.Value, t.Elem(), at)
		}
	default:
		s.walkScalar(n, t, key)
	}
}

// readsItself tells whether a type decodes its node in its own way.
func readsItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[yaml.NodeUnmarshaler]()) ||
		p.Implements(reflect.TypeFor[yaml.InterfaceUnmarshaler]()) ||
		p.Implements(reflect.TypeFor[yaml.BytesUnmarshaler]())
}

func (s *source) pairs(n ast.Node, key string) []*ast.MappingValueNode {
	switch v := n.(type) {
	case *ast.MappingNode:
		return v.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{v}
	}
	s.fault(key, "keys with values are wanted here", "Write them one a line, a little further in, as key: value")
	return nil
}

func (s *source) walkWords(n ast.Node, key string) {
	given := map[string]bool{}
	for _, pair := range s.pairs(n, key) {
		lang := pair.Key.String()
		at := join(key, lang)
		s.put(at, pair.Key)
		if lang != "ru" && lang != "en" {
			s.fault(at, fmt.Sprintf("there is no language %q", lang), "Texts are given in ru and en; a text with a comma or a colon stands in quotes")
			continue
		}
		s.walkScalar(pair.Value, reflect.TypeFor[string](), at)
		given[lang] = scalarText(pair.Value) != ""
	}
	for _, lang := range []string{"ru", "en"} {
		if _, named := s.places[join(key, lang)]; !given[lang] {
			if named {
				s.fault(join(key, lang), "the text is empty", "Write it in this language")
			} else {
				s.fault(key, fmt.Sprintf("the text is missing in %q", lang), "Add a line "+lang+": …")
			}
		}
	}
}

// field is a key that a struct knows.
type field struct {
	name     string
	typ      reflect.Type
	optional bool
}

// fields lists the keys of a struct as the YAML library sees them.
func fields(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, rest, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case !f.IsExported() || name == "-":
		case strings.Contains(rest, "inline"):
			all = append(all, fields(f.Type)...)
		default:
			if name == "" {
				name = strings.ToLower(f.Name)
			}
			// What other packages declare is theirs to ask for.
			optional := t.PkgPath() != reflect.TypeFor[Definition]().PkgPath() || f.Tag.Get("lint") == "optional"
			all = append(all, field{name, f.Type, optional})
		}
	}
	return all
}

func (s *source) walkStruct(n ast.Node, t reflect.Type, key string) {
	known := fields(t)
	var names []string
	for _, f := range known {
		names = append(names, f.name)
	}
	pairs := s.pairs(n, key)
	if pairs == nil {
		return
	}
	given := map[string]bool{}
	for _, pair := range pairs {
		name := pair.Key.String()
		at := join(key, name)
		i := slices.Index(names, name)
		switch {
		case i < 0:
			s.put(at, pair.Key)
			s.fault(at, fmt.Sprintf("there is no key %q", name), meant(name, names))
		case given[name]:
			s.put(at, pair.Key)
			s.fault(at, "the key is given twice", "Remove one of them")
		default:
			given[name] = true
			s.put(at, pair.Key)
			s.walk(pair.Value, known[i].typ, at)
		}
	}
	for _, f := range known {
		if !f.optional && !given[f.name] {
			s.fault(key, fmt.Sprintf("the key %q is missing", f.name), "Add it")
		}
	}
}

func (s *source) walkScalar(n ast.Node, t reflect.Type, key string) {
	switch t.Kind() {
	case reflect.String:
		switch n.(type) {
		case *ast.StringNode, *ast.LiteralNode:
			return
		case *ast.NullNode:
			s.fault(key, "there is no value", "Write it after the colon")
			return
		}
		s.fault(key, "a text is wanted here", "If it is one, put it in quotes")
	case reflect.Bool:
		if _, ok := n.(*ast.BoolNode); !ok {
			s.fault(key, "true or false is wanted here", "")
		}
	case reflect.Int, reflect.Int64:
		if _, ok := n.(*ast.IntegerNode); !ok {
			s.fault(key, "a whole number is wanted here", "")
		}
	}
}

// scalarText returns the text of a node, trimmed; "" when it has none.
func scalarText(n ast.Node) string {
	switch v := n.(type) {
	case *ast.StringNode:
		return strings.TrimSpace(v.Value)
	case *ast.LiteralNode:
		return strings.TrimSpace(v.Value.Value)
	}
	return ""
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}
