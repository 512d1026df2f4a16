package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"net"
	"net/mail"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// setting is one field of the struct.
type setting struct {
	name  string // "mail.timeout"
	env   string // "KABINET_MAIL_TIMEOUT"
	field reflect.Value

	help, fallback, example string
	oneof                   []string
	min, max                string
	check                   string
	required, secret        bool

	given bool // by the file or the environment
}

var (
	secretType      = reflect.TypeFor[Secret]()
	durationType    = reflect.TypeFor[time.Duration]()
	unmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// settingsOf lists the settings of the struct that cfg points to, in order.
func settingsOf(cfg any) ([]*setting, error) {
	v := reflect.ValueOf(cfg)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("config: %T is not a pointer to a struct", cfg)
	}
	var all []*setting
	if err := walk(v.Elem(), "", func(name string, f reflect.StructField, v reflect.Value) error {
		if isGroup(v) {
			return nil
		}
		s := &setting{
			name: name, env: Prefix + strings.ToUpper(strings.ReplaceAll(name, ".", "_")), field: v,
			help: f.Tag.Get("help"), fallback: f.Tag.Get("default"), example: f.Tag.Get("example"),
			oneof: strings.Fields(f.Tag.Get("oneof")), min: f.Tag.Get("min"), max: f.Tag.Get("max"), check: f.Tag.Get("check"),
			required: f.Tag.Get("required") == "true", secret: v.Type() == secretType,
		}
		for _, other := range all {
			if other.env == s.env {
				return fmt.Errorf("config: %s and %s have the same variable %s", other.name, name, s.env)
			}
		}
		if s.help == "" {
			return fmt.Errorf("config: %s has no help", name)
		}
		if !s.settable() {
			return fmt.Errorf("config: %s is of a type that cannot be set, %s", name, v.Type())
		}
		if s.check != "" && checks[s.check] == nil {
			return fmt.Errorf("config: %s has an unknown check %q", name, s.check)
		}
		all = append(all, s)
		return nil
	}); err != nil {
		return nil, err
	}
	return all, nil
}

// walk visits the fields that have a name, groups before what is in them.
func walk(v reflect.Value, prefix string, visit func(name string, f reflect.StructField, v reflect.Value) error) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag := f.Tag.Get("config")
		if tag == "-" || !f.IsExported() {
			continue
		}
		if tag == "" {
			return fmt.Errorf("config: %s.%s has no tag config", v.Type(), f.Name)
		}
		name := prefix + tag
		if err := visit(name, f, v.Field(i)); err != nil {
			return err
		}
		if isGroup(v.Field(i)) {
			if err := walk(v.Field(i), name+".", visit); err != nil {
				return err
			}
		}
	}
	return nil
}

func isGroup(v reflect.Value) bool {
	return v.Kind() == reflect.Struct && !reflect.PointerTo(v.Type()).Implements(unmarshalerType)
}

// checkGroups runs the Check methods of the struct and its groups.
func checkGroups(cfg any, fault func(name, text string)) {
	type checker interface {
		Check(fault func(name, text string))
	}
	if c, ok := cfg.(checker); ok {
		c.Check(fault)
	}
	_ = walk(reflect.ValueOf(cfg).Elem(), "", func(name string, _ reflect.StructField, v reflect.Value) error {
		if c, ok := v.Addr().Interface().(checker); ok && isGroup(v) {
			c.Check(func(field, text string) { fault(name+"."+field, text) })
		}
		return nil
	})
}

// split cuts the one text of a variable or a tag into the values of a list.
func (s *setting) split(text string) []string {
	if s.field.Kind() != reflect.Slice {
		return []string{text}
	}
	var values []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			values = append(values, part)
		}
	}
	return values
}

// set parses and checks a value, or the values of a list. The errors say how to mend it.
func (s *setting) set(values ...string) error {
	if s.field.Kind() == reflect.Slice {
		for _, v := range values {
			if err := s.allowed(v); err != nil {
				return err
			}
		}
		if err := s.within(float64(len(values)), parseFloat); err != nil {
			return fmt.Errorf("a list of %d: %w", len(values), err)
		}
		s.field.Set(reflect.ValueOf(slices.Clone(values)))
		return nil
	}
	if len(values) != 1 {
		return errors.New("is one value, not a list")
	}
	text := values[0]
	if err := s.allowed(text); err != nil {
		return err
	}
	if u, ok := s.field.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	return s.setPlain(text)
}

func (s *setting) setPlain(text string) error {
	switch kind := s.field.Kind(); {
	case s.field.Type() == durationType:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a duration like 30s, 15m or 12h", text)
		}
		s.field.SetInt(int64(d))
		return s.within(float64(d), func(limit string) (float64, error) {
			d, err := time.ParseDuration(limit)
			return float64(d), err
		})
	case kind == reflect.String:
		s.field.SetString(text)
		return nil
	case kind == reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		s.field.SetBool(text == "true")
		return nil
	case kind == reflect.Int || kind == reflect.Int64:
		n, err := strconv.ParseInt(text, 10, s.field.Type().Bits())
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		s.field.SetInt(n)
		return s.within(float64(n), parseFloat)
	case kind == reflect.Float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", text)
		}
		s.field.SetFloat(n)
		return s.within(n, parseFloat)
	}
	panic("config: " + s.name + " was accepted with a type that cannot be set")
}

func parseFloat(s string) (float64, error) { return strconv.ParseFloat(s, 64) }

// settable tells whether set knows the field's type.
func (s *setting) settable() bool {
	if s.field.Addr().Type().Implements(unmarshalerType) {
		return true
	}
	switch s.field.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		return true
	case reflect.Slice:
		return s.field.Type() == reflect.TypeFor[[]string]()
	}
	return false
}

// within checks min and max, which parse reads.
func (s *setting) within(n float64, parse func(string) (float64, error)) error {
	limit := func(text string, none float64) (float64, error) {
		if text == "" {
			return none, nil
		}
		l, err := parse(text)
		if err != nil {
			return 0, fmt.Errorf("config: %s has a bad limit %q", s.name, text)
		}
		return l, nil
	}
	least, err := limit(s.min, math.Inf(-1))
	if err != nil {
		return err
	}
	most, err := limit(s.max, math.Inf(1))
	if err != nil {
		return err
	}
	if n < least || n > most {
		return errors.New(s.limits())
	}
	return nil
}

// limits says what values a number may have, "" when any.
func (s *setting) limits() string {
	switch {
	case s.min != "" && s.max != "":
		return "must be from " + s.min + " to " + s.max
	case s.min != "":
		return "must be at least " + s.min
	case s.max != "":
		return "must be at most " + s.max
	}
	return ""
}

func (s *setting) allowed(text string) error {
	if len(s.oneof) > 0 && !slices.Contains(s.oneof, text) {
		return fmt.Errorf("%q is none of %s", text, strings.Join(s.oneof, ", "))
	}
	if s.check != "" {
		return checks[s.check](text)
	}
	return nil
}

func (s *setting) secretHint() string {
	if s.secret {
		return ", or name a file that holds it as " + s.env + "_FILE"
	}
	return ""
}

// checks are the rules that tags can name. Each error says how to mend the value.
var checks = map[string]func(string) error{
	"url": func(text string) error {
		u, err := url.Parse(text)
		if err != nil || u.Scheme == "" || u.Host == "" {
			return fmt.Errorf("%q is not a whole URL like https://portal.example.test", text)
		}
		return nil
	},
	"address": func(text string) error {
		_, port, err := net.SplitHostPort(text)
		if n, e := strconv.Atoi(port); err != nil || e != nil || n < 0 || n > 65535 {
			return fmt.Errorf("%q is not host:port like 127.0.0.1:8080", text)
		}
		return nil
	},
	"email": func(text string) error {
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return fmt.Errorf("%q is not a mail address like portal@example.test", text)
		}
		return nil
	},
	"timezone": func(text string) error {
		if _, err := time.LoadLocation(text); err != nil || text == "" || text == "Local" {
			return fmt.Errorf("%q is not a time zone like Europe/Moscow", text)
		}
		return nil
	},
}
