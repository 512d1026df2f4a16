package id_test

import (
	"testing"
	"time"

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
	if old := id.At(time.Now().Add(-time.Minute)); old >= before || !id.Valid(old) || old <= id.At(time.Now().Add(-time.Hour)) {
		t.Errorf("a minute ago %s, now %s", old, before)
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
