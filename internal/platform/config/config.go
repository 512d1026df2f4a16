package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Prefix begins the name of every variable.
const Prefix = "KABINET_"

// Source is where settings come from besides their defaults.
type Source struct {
	File  string   // path of the YAML file; "" for none
	Env   []string // as from os.Environ; names without Prefix are left alone
	Other []string // names with Prefix that are no settings, for instance of tests
}

// Fault is one thing that is wrong.
type Fault struct {
	Where string // "kabinet.yaml:12" or the name of the variable; "" when the setting is missing
	Name  string // of the setting
	Text  string // what is wrong and how to mend it
}

func (f Fault) String() string {
	parts := slices.DeleteFunc([]string{f.Where, f.Name, f.Text}, func(s string) bool { return s == "" })
	return strings.Join(parts, ": ")
}

// Faults are all that is wrong with a configuration.
type Faults []Fault

func (f Faults) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration has %d fault(s):", len(f))
	for _, fault := range f {
		b.WriteString("\n  " + fault.String())
	}
	return b.String()
}

// Load fills the struct that cfg points to. The error is Faults when the
// configuration is wrong; any other tells of a mistake in the struct's tags.
func Load(cfg any, src Source) error {
	settings, err := settingsOf(cfg)
	if err != nil {
		return err
	}
	l := &loader{settings: settings}
	for _, s := range settings {
		if s.fallback != "" {
			if err := s.set(s.split(s.fallback)...); err != nil {
				return fmt.Errorf("config: default of %s: %w", s.name, err)
			}
		}
	}
	if src.File != "" {
		l.file(src.File)
	}
	l.environment(src)
	for _, s := range settings {
		if s.required && !s.given && s.fallback == "" {
			l.fault("", s.name, "is required: set it in the file or as "+s.env+s.secretHint())
		}
	}
	checkGroups(cfg, func(name, text string) { l.fault("", name, text) })
	if len(l.faults) > 0 {
		return l.faults
	}
	return nil
}

type loader struct {
	settings []*setting
	faults   Faults
}

func (l *loader) fault(where, name, text string) {
	l.faults = append(l.faults, Fault{where, name, text})
}

func (l *loader) find(name string) *setting {
	i := slices.IndexFunc(l.settings, func(s *setting) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return l.settings[i]
}

// give sets a value that was found at a place, or reports why it does not fit.
func (l *loader) give(where string, s *setting, values ...string) {
	s.given = true
	if err := s.set(values...); err != nil {
		text := err.Error()
		if s.secret {
			text = "the value does not fit" // it may be quoted in the error
		}
		l.fault(where, s.name, text)
	}
}

// giveFile sets a secret from the file that holds it.
func (l *loader) giveFile(where string, s *setting, path string) {
	s.given = true
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.fault(where, s.name, "there is no file "+path)
	case err != nil:
		l.fault(where, s.name, err.Error())
	case len(bytes.TrimSpace(data)) == 0:
		l.fault(where, s.name, "the file "+path+" is empty")
	default:
		l.give(where, s, strings.TrimRight(string(data), "\r\n"))
	}
}

func (l *loader) environment(src Source) {
	vars := map[string]string{}
	for _, v := range src.Env {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, Prefix) && !slices.Contains(src.Other, name) {
			vars[name] = value
		}
	}
	var known []string
	for _, s := range l.settings {
		known = append(known, s.env)
		value, file := vars[s.env], vars[s.env+"_FILE"]
		delete(vars, s.env)
		if s.secret {
			known = append(known, s.env+"_FILE")
			delete(vars, s.env+"_FILE")
		} else {
			file = ""
		}
		switch {
		case value != "" && file != "":
			l.fault(s.env, s.name, "is given twice: drop "+s.env+" or "+s.env+"_FILE")
		case value != "":
			l.give(s.env, s, s.split(value)...)
		case file != "":
			l.giveFile(s.env+"_FILE", s, file)
		}
	}
	names := make([]string, 0, len(vars))
	for name := range vars {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		l.fault(name, "", "there is no such setting"+meant(name, known))
	}
}

// meant returns ": did you mean X?" with the most similar of the known names,
// or "" when none is near.
func meant(name string, known []string) string {
	best, least := "", max(2, len(name)/4)+1
	for _, k := range known {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ": see kabinet config for the settings there are"
	}
	return ": did you mean " + best + "?"
}

// distance counts the letters to insert, delete or replace to make a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0]++
		for j := range len(b) {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = corner
			} else {
				row[j+1] = 1 + min(corner, above, row[j])
			}
			corner = above
		}
	}
	return row[len(b)]
}

// Secret is a setting that is never shown. Its zero value is empty.
type Secret struct{ value string }

// NewSecret makes a Secret, for programs that need no file to have one.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return s.value }

// IsZero tells whether there is none.
func (s Secret) IsZero() bool { return s.value == "" }

// UnmarshalText takes the secret as it stands.
func (s *Secret) UnmarshalText(text []byte) error { s.value = string(text); return nil }

// MarshalText, and Format for every verb, give a mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.mask()), nil }

// Format prints a mask whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.mask()) } //nolint:errcheck // as fmt itself does

func (s Secret) mask() string {
	if s.value == "" {
		return "[none]"
	}
	return "[secret]"
}
