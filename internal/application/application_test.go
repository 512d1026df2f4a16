package application

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/platform/workcal"
)

// Proves: E-26, E-23, E-25
func TestStatusesFollowTheirGraph(t *testing.T) {
	t.Parallel()
	allowed := map[Status][]Status{
		Accepted: {Review, Working, Withdrawn},
		Review:   {Review, Working, Approved, Refused, Withdrawn},
		Working:  {Working, Clarify, Approved, Refused, Withdrawn},
		Clarify:  {Clarify, Working, Refused, Withdrawn},
		Approved: {Done},
	}
	for _, from := range Statuses() {
		for _, to := range Statuses() {
			if got, want := from.May(to), slices.Contains(allowed[from], to); got != want {
				t.Errorf("from %s to %s: %v, want %v", from, to, got, want)
			}
		}
		if from.Final() != (allowed[from] == nil) {
			t.Errorf("%s is final: %v", from, from.Final())
		}
	}
}

func TestANumberIsFoundHoweverItIsSpelt(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"2026-483-155-207":        "2026-483-155-207",
		"2026483155207":           "2026-483-155-207",
		"№ 2026 483 155 207":      "2026-483-155-207",
		" 2026–483—155-207 ":      "2026-483-155-207",
		"2026-483-155-20":         "",
		"2026-483-155-2071":       "",
		"2026-483-155-20x":        "",
		"Соколова":                "",
		"":                        "",
		"#\u00a02026-000-000-001": "2026-000-000-001",
	} {
		if got, ok := ParseNumber(typed); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v", typed, got, ok)
		}
	}
	if got := formatNumber(2026, 42); got != "2026-000-000-042" {
		t.Error(got)
	}
}

func TestPausesAreTheTimesInWhichTheCitizenIsAsked(t *testing.T) {
	t.Parallel()
	at := func(day int) time.Time { return time.Date(2026, 11, day, 12, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name   string
		events []Event
		want   []workcal.Pause
	}{
		{"never asked", []Event{{Status: Accepted, At: at(1)}, {Status: Working, At: at(2)}}, nil},
		{"asked and answered", []Event{{Status: Working, At: at(2)}, {Status: Clarify, At: at(3)}, {Status: Working, At: at(5)}}, []workcal.Pause{{From: at(3), To: at(5)}}},
		{"asked twice before the answer", []Event{{Status: Clarify, At: at(3)}, {Status: Clarify, At: at(4)}, {Status: Working, At: at(5)}}, []workcal.Pause{{From: at(3), To: at(5)}}},
		{"waits still", []Event{{Status: Working, At: at(2)}, {Status: Clarify, At: at(3)}}, []workcal.Pause{{From: at(3)}}},
		{"asked on two occasions", []Event{{Status: Clarify, At: at(3)}, {Status: Working, At: at(4)}, {Status: Clarify, At: at(6)}, {Status: Withdrawn, At: at(7)}},
			[]workcal.Pause{{From: at(3), To: at(4)}, {From: at(6), To: at(7)}}},
	} {
		if diff := cmp.Diff(c.want, pauses(c.events)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
