package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"kabinet/internal/platform/i18n"
)

// arg is an argument of a text as it is stored: name, type and value.
type arg struct {
	Name  string          `json:"n"`
	Type  string          `json:"t"`
	Value json.RawMessage `json:"v"`
}

const (
	typeText   = "text"
	typeNumber = "number"
	typeWords  = "words"
	typeKey    = "key"
	typeDay    = "day"
	typeMoment = "moment"
	typeSum    = "sum"
)

// packArgs returns name, value pairs as they are stored. A value of a type
// that cannot be told again is a fault of the caller.
func packArgs(pairs []any) ([]arg, error) {
	args := make([]arg, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("argument %d has no name", i/2)
		}
		a := arg{Name: name}
		v := pairs[i+1]
		switch x := v.(type) {
		case string:
			a.Type = typeText
		case int, int64:
			a.Type = typeNumber
		case i18n.Words:
			a.Type = typeWords
		case i18n.Text:
			var err error
			if v, err = packText(x); err != nil {
				return nil, fmt.Errorf("argument %s: %w", name, err)
			}
			a.Type = typeKey
		case Day:
			a.Type, v = typeDay, x.UTC()
		case Moment:
			a.Type, v = typeMoment, x.UTC()
		case Sum:
			a.Type = typeSum
		default:
			return nil, fmt.Errorf("argument %s is a %T", name, v)
		}
		value, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("argument %s: %w", name, err)
		}
		a.Value = value
		args = append(args, a)
	}
	return args, nil
}

// text is an i18n.Text as it is stored.
type text struct {
	Key   string     `json:"k,omitempty"`
	Args  []arg      `json:"a,omitempty"`
	Words i18n.Words `json:"w,omitzero"`
}

func packText(t i18n.Text) (text, error) {
	args, err := packArgs(t.Args)
	return text{t.Key, args, t.Words}, err
}

// values returns the arguments as the catalogue takes them. What cannot be read
// is left out, and its placeholder shows.
func values(ctx context.Context, args []arg) []any {
	pairs := make([]any, 0, 2*len(args))
	for _, a := range args {
		if v := a.value(ctx); v != nil {
			pairs = append(pairs, a.Name, v)
		}
	}
	return pairs
}

func (a arg) value(ctx context.Context) any {
	switch a.Type {
	case typeText:
		if s, ok := plain(a.Value); ok {
			return s
		}
		return read[string](a.Value)
	case typeNumber:
		return read[int64](a.Value)
	case typeWords:
		return read[i18n.Words](a.Value)
	case typeSum:
		return i18n.Money(ctx, read[int64](a.Value))
	case typeDay:
		return i18n.Date(ctx, read[time.Time](a.Value))
	case typeMoment:
		t := read[time.Time](a.Value)
		return i18n.Date(ctx, t) + ", " + i18n.Clock(ctx, t)
	case typeKey:
		t := read[text](a.Value)
		return i18n.Text{Key: t.Key, Args: values(ctx, t.Args), Words: t.Words}
	}
	return nil
}

// plain returns a text that JSON holds as it is, between quotes: most are, and a
// page shows many.
func plain(raw json.RawMessage) (string, bool) {
	n := len(raw)
	if n < 2 || raw[0] != '"' || raw[n-1] != '"' || bytes.ContainsAny(raw[1:n-1], "\\\"") || !utf8.Valid(raw) {
		return "", false
	}
	return string(raw[1 : n-1]), true
}

func read[T any](raw json.RawMessage) (v T) {
	if json.Unmarshal(raw, &v) != nil {
		var zero T
		return zero
	}
	return v
}
