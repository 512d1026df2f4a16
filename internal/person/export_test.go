package person

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"kabinet/internal/platform/export"
)

// Proves: A-107
func TestEveryValueOfAPersonIsExported(t *testing.T) {
	t.Parallel()
	record := exportPerson(Person{})
	shape := reflect.TypeFor[Person]()
	for i := range shape.NumField() {
		name, _, _ := strings.Cut(shape.Field(i).Tag.Get("json"), ",")
		if name == "" {
			continue
		}
		if !slices.ContainsFunc(record, func(f export.Field) bool { return f.Name == name }) {
			t.Errorf("%s is stored and not exported", name)
		}
	}
}
