package id_test

import (
	"testing"

	"kabinet/internal/platform/id"
)

func TestIDsMadeLaterSortLater(t *testing.T) {
	t.Parallel()
	before := id.New()
	for range 10_000 { // many in each millisecond
		next := id.New()
		if next <= before || !id.Valid(next) {
			t.Fatalf("%s after %s", next, before)
		}
		before = next
	}
	if s := id.Secret(); !id.Valid(s) || s == id.Secret() {
		t.Errorf("secret %s", s)
	}
	for _, bad := range []string{"", "short", before + "0", "UPPERCASE00000000000000000", "iiiiiiiiiiiiiiiiiiiiiiiiii"} {
		if id.Valid(bad) {
			t.Errorf("%q passes for an ID", bad)
		}
	}
}
