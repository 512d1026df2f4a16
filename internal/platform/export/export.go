// Package export is the form in which features hand out what they keep of one
// person, for the copy that the person takes away.
//
// A feature returns a Section: records of named fields, said in words for
// people and in canonical values for machines, and files. It names the tables
// that it read, so that a test can tell which are told to nobody.
package export

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"kabinet/internal/platform/i18n"
)

// Section is what one feature keeps of a person.
type Section struct {
	Name    string // of the part in the machine-readable copy: "profile"
	Title   i18n.Text
	Tables  []string // that the section tells in full
	Records []Record // nil when nothing is kept
	Files   []File
}

// Record is one thing that is kept, as its fields in the order of reading.
type Record []Field

// Field is one value.
type Field struct {
	Name  string    // in the machine-readable copy: "birth_date"
	Label i18n.Text // for people; zero when only machines need it
	// Value is a string, bool, int, int64, time.Time, i18n.Text, i18n.Words,
	// []string or []Record; any other is an error of the feature.
	Value any
}

// File is a document with its content.
type File struct {
	Name string // as the person knows it; two may have the same
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Text is how the value is said in the reader's language, "" when it is empty.
// Records are not said: see Records.
func (f Field) Text(ctx context.Context) string {
	switch v := f.Value.(type) {
	case string:
		return v
	case bool:
		if v {
			return i18n.T(ctx, "ui.yes")
		}
		return i18n.T(ctx, "ui.no")
	case int:
		return i18n.Number(ctx, int64(v))
	case int64:
		return i18n.Number(ctx, v)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return i18n.DateFull(ctx, v) + ", " + i18n.Clock(ctx, v)
	case i18n.Text:
		if v.IsZero() {
			return ""
		}
		return v.In(ctx)
	case i18n.Words:
		return v.In(ctx)
	case []string:
		return strings.Join(v, "; ")
	}
	return ""
}

// Records returns the records within the value, nil when it is none.
func (f Field) Records() []Record {
	list, _ := f.Value.([]Record)
	return list
}

// Data is the value for machines: text, truth, number, list or object. Texts
// that differ by language are said in the reader's.
func (f Field) Data(ctx context.Context) (any, error) {
	switch v := f.Value.(type) {
	case string, bool, int, int64:
		return v, nil
	case []string:
		return v, nil
	case time.Time:
		if v.IsZero() {
			return nil, nil
		}
		return v.UTC().Format(time.RFC3339), nil
	case i18n.Text, i18n.Words:
		return f.Text(ctx), nil
	case []Record:
		return Data(ctx, v)
	}
	return nil, fmt.Errorf("field %s: %T is no value of an export", f.Name, f.Value)
}

// Data returns records as objects for machines.
func Data(ctx context.Context, records []Record) ([]map[string]any, error) {
	all := make([]map[string]any, 0, len(records))
	for _, r := range records {
		one := make(map[string]any, len(r))
		for _, f := range r {
			if _, twice := one[f.Name]; twice {
				return nil, fmt.Errorf("field %s is given twice", f.Name)
			}
			v, err := f.Data(ctx)
			if err != nil {
				return nil, err
			}
			one[f.Name] = v
		}
		all = append(all, one)
	}
	return all, nil
}
