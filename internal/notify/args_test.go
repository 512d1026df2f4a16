package notify

import "testing"

func TestATextComesBackWhateverItHolds(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "a", "2026-000-000-001", "Соколова М. А.", `"quoted"`, `a\b`, "two\nlines", "<b>&amp;", "\u2028", "\x01"} {
		args, err := packArgs([]any{"x", s})
		if err != nil {
			t.Fatal(err)
		}
		if got := args[0].value(t.Context()); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	}
}
