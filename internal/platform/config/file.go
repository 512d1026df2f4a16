package config

import (
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// file reads the YAML file by its syntax tree, so that every fault has its line.
func (l *loader) file(path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		l.fault(path, "", "cannot be read: "+err.Error())
		return
	}
	f, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n") // what follows quotes the file, perhaps a secret
		l.fault(path, "", "is not YAML: "+first)
		return
	}
	for i, doc := range f.Docs {
		switch {
		case i > 0:
			l.fault(path, "", "holds more than one document: remove the line ---")
		case doc.Body != nil:
			l.group(path, "", doc.Body)
		}
	}
}

// group reads the keys of a mapping, whose settings begin with prefix.
func (l *loader) group(path, prefix string, node ast.Node) {
	var pairs []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	case *ast.NullNode, *ast.CommentGroupNode:
		return // nothing under it
	default:
		l.fault(at(path, node), strings.TrimSuffix(prefix, "."), "is a group of settings: put them under it, indented")
		return
	}
	seen := map[string]bool{}
	for _, pair := range pairs {
		name, where := prefix+pair.Key.GetToken().Value, at(path, pair.Key)
		if seen[name] {
			l.fault(where, name, "stands there twice: remove one")
			continue
		}
		seen[name] = true
		l.pair(path, where, name, pair.Value)
	}
}

func (l *loader) pair(path, where, name string, value ast.Node) {
	values, plain := scalars(value)
	if s := l.find(name); s != nil {
		_, null := value.(*ast.NullNode)
		switch {
		case null: // the key without a value: the default holds
		case s.given:
			l.fault(where, name, "is given twice: drop "+name+" or "+name+"_file")
		case plain:
			l.give(where, s, values...)
		case s.field.Kind() == reflect.Slice:
			l.fault(where, name, "must be a list of plain values")
		default:
			l.fault(where, name, "must be a plain value")
		}
		return
	}
	base, _ := strings.CutSuffix(name, "_file")
	if s := l.find(base); s != nil && s.secret {
		switch {
		case s.given:
			l.fault(where, base, "is given twice: drop "+base+" or "+name)
		case len(values) != 1:
			l.fault(where, name, "must be the name of a file")
		default:
			l.giveFile(where, s, values[0])
		}
		return
	}
	var known []string
	for _, s := range l.settings {
		if strings.HasPrefix(s.name, name+".") {
			l.group(path, name+".", value)
			return
		}
		known = append(known, s.name)
	}
	l.fault(where, name, "there is no such setting"+meant(name, known))
}

// scalars returns the text of a plain value, or of each in a list of them.
func scalars(node ast.Node) (values []string, ok bool) {
	if list, ok := node.(*ast.SequenceNode); ok {
		for _, v := range list.Values {
			text, ok := scalar(v)
			if !ok {
				return nil, false
			}
			values = append(values, text)
		}
		return values, true
	}
	text, ok := scalar(node)
	return []string{text}, ok
}

func scalar(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.NullNode:
		return "", false
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.StringNode:
		return n.Value, true
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func at(path string, node ast.Node) string {
	return fmt.Sprintf("%s:%d", path, node.GetToken().Position.Line)
}
