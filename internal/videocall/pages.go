package videocall

import (
	"fmt"
	"time"

	"kabinet/internal/person/ident"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// startPage explains the way before anybody waits.
type startPage struct {
	Open  bool
	Hours Hours
	Wrong i18n.Text // why it is not open to this person now; zero: it is
	Low   bool      // the registers do not know the person yet
}

// hours says when operators answer.
func (p startPage) hours() i18n.Text {
	days := "videocall.days_worked"
	if p.Hours.Weekends {
		days = "videocall.days_all"
	}
	if p.Hours.From == p.Hours.Till {
		return i18n.K("videocall.hours_all", "days", i18n.K(days))
	}
	return i18n.K("videocall.hours", "days", i18n.K(days), "from", clock(p.Hours.From), "till", clock(p.Hours.Till))
}

func clock(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// video is what the script of a meeting needs.
type video struct {
	Side      Side
	Signal    string // address of what the two tell each other
	Servers   string // JSON
	RelayOnly bool
}

func (v video) relayOnly() string {
	if v.RelayOnly {
		return "relay"
	}
	return "all"
}

// meetingPage is the meeting as the person sees it.
type meetingPage struct {
	Meeting
	Video  video
	Before int  // how many wait longer
	Lost   bool // the person was silent for too long and is out of the queue
}

// ended says how the meeting ended.
func (p meetingPage) ended() (tone ui.Tone, text i18n.Text) {
	switch p.State {
	case Confirmed:
		return ui.Success, i18n.K("videocall.end_confirmed")
	case Refused:
		return ui.Danger, i18n.K("videocall.end_refused", "reason", reasonText(p.Reason))
	case Left:
		return ui.Info, i18n.K("videocall.end_left")
	}
	return ui.Warning, i18n.K("videocall.end_ended")
}

// queuePage is who waits, for operators.
type queuePage struct {
	Nav   []ui.Link
	Queue []Queued
	Mine  []Meeting // that the operator has open
	Wrong i18n.Text
}

// roomPage is the meeting as the operator sees it.
type roomPage struct {
	Nav []ui.Link
	Room
	Video video
	Form  decisionForm
}

// facts are what the operator compares with the papers.
func (p roomPage) facts() []ui.Pair {
	q := p.Person
	return []ui.Pair{
		{Label: i18n.K("person.fio"), Value: q.FullName()},
		{Label: i18n.K("person.birth_date"), Value: showDay(q.BirthDate), Num: true},
		{Label: i18n.K("person.passport_number"), Value: q.PassportSeries + " " + q.PassportNumber, Num: true},
		{Label: i18n.K("person.issued_on"), Value: showDay(q.PassportIssuedOn), Num: true},
		{Label: i18n.K("person.division"), Value: ident.FormatDivisionCode(q.DivisionCode), Num: true},
		{Label: i18n.K("person.snils"), Value: ident.FormatSNILS(q.SNILS), Num: true},
		{Label: i18n.K("videocall.number"), Value: p.Number, Num: true},
	}
}

func showDay(canonical string) string {
	t, err := time.Parse(time.DateOnly, canonical)
	if err != nil {
		return canonical
	}
	return t.Format("02.01.2006")
}

// decisionForm is what an operator found.
type decisionForm struct {
	Checks []web.Field // what must have been looked at before a confirmation
	Do     web.Field
	Reason web.Field
	Note   web.Field
	Wrong  i18n.Text
}

// checks are what an operator looks at, in the order of the form.
var checks = []string{"alive", "face", "passport", "free"}

func newDecisionForm() decisionForm {
	f := decisionForm{
		Do:     web.Field{Name: "do", Label: i18n.K("videocall.decision"), Missing: i18n.K("videocall.decision_missing")},
		Reason: web.Field{Name: "reason", Label: i18n.K("videocall.reason"), Optional: true},
		Note:   web.Field{Name: "note", Label: i18n.K("videocall.note"), Hint: i18n.K("videocall.note_hint"), Optional: true, Max: 1000},
	}
	for _, c := range checks {
		f.Checks = append(f.Checks, web.Field{Name: "check_" + c, Label: i18n.K("videocall.check_" + c), Optional: true})
	}
	return f
}

func (f *decisionForm) fields() (all []*web.Field) {
	for i := range f.Checks {
		all = append(all, &f.Checks[i])
	}
	return append(all, &f.Do, &f.Reason, &f.Note)
}

// complete marks what the decision lacks: a confirmation every check, a refusal
// its reason.
func (f *decisionForm) complete() bool {
	if f.Do.Value == "refuse" && !knownReason(f.Reason.Value) {
		f.Reason.Error = i18n.K(ErrReason.Text)
		return false
	}
	ok := f.Do.Value == "refuse" || f.Do.Value == "confirm"
	if f.Do.Value == "confirm" {
		for i := range f.Checks {
			if f.Checks[i].Value == "" {
				f.Checks[i].Error, ok = i18n.K("videocall.check_missing"), false
			}
		}
	}
	return ok
}

func (f *decisionForm) decision() Decision {
	return Decision{Confirmed: f.Do.Value == "confirm", Reason: f.Reason.Value, Note: f.Note.Value}
}

func reasonOptions() []ui.Option {
	all := []ui.Option{{Value: "", Text: i18n.K("videocall.reason_choose")}}
	for _, code := range reasons {
		all = append(all, ui.Option{Value: code, Text: reasonText(code)})
	}
	return all
}

func decisionOptions() []ui.Option {
	return []ui.Option{{Value: "confirm", Text: i18n.K("videocall.do_confirm")}, {Value: "refuse", Text: i18n.K("videocall.do_refuse")}}
}
