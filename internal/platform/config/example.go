package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Example writes a file with every setting, what it is for, its limits, its
// variable and its default. Settings without a default are commented out.
func Example(w io.Writer, cfg any) error {
	settings, err := settingsOf(cfg)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("# Every setting with its default. A variable of the environment wins over this file.\n" +
		"# A secret can also be given as a file that holds it: the setting's name, or its variable's, with _file or _FILE at the end.\n")
	next := 0
	err = walk(reflect.ValueOf(cfg).Elem(), "", func(name string, f reflect.StructField, v reflect.Value) error {
		depth := strings.Count(name, ".")
		indent := strings.Repeat("  ", depth)
		key := name[strings.LastIndexByte(name, '.')+1:]
		if isGroup(v) {
			b.WriteString("\n")
			if help := f.Tag.Get("help"); help != "" {
				fmt.Fprintf(&b, "%s# %s\n", indent, help)
			}
			fmt.Fprintf(&b, "%s%s:\n", indent, key)
			return nil
		}
		s := settings[next]
		next++
		if depth == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s# %s\n%s# %s\n", indent, s.help, indent, strings.Join(s.notes(), "; "))
		switch value := s.value(s.fallback); {
		case s.fallback != "":
			fmt.Fprintf(&b, "%s%s: %s\n", indent, key, value)
		default:
			fmt.Fprintf(&b, "%s# %s\n", indent, strings.TrimRight(key+": "+s.value(s.example), " "))
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// notes are the variable and what values may be.
func (s *setting) notes() []string {
	notes := []string{s.env}
	if s.required && s.fallback == "" {
		notes = append(notes, "required")
	}
	if s.secret {
		notes = append(notes, "secret")
	}
	if len(s.oneof) > 0 {
		notes = append(notes, "one of "+strings.Join(s.oneof, ", "))
	}
	if limits := s.limits(); limits != "" {
		notes = append(notes, limits)
	}
	return notes
}

// value writes a value as YAML.
func (s *setting) value(text string) string {
	if text == "" {
		return ""
	}
	if s.field.Kind() == reflect.Slice {
		return "[" + strings.Join(s.split(text), ", ") + "]"
	}
	if s.field.Kind() == reflect.String || strings.ContainsAny(text, ":#") {
		return fmt.Sprintf("%q", text)
	}
	return text
}
