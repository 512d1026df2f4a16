package application

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"kabinet/internal/account"
	"kabinet/internal/catalogue"
	"kabinet/internal/consent"
	"kabinet/internal/eform"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/workcal"
)

// pageOf draws a page about one application.
type pageOf func(Listed) templ.Component

// Tag is a status with its tone and icon, the same on every page.
func (s Status) Tag() ui.Tag {
	t := ui.Tag{Text: s.Label(), Tone: ui.Info}
	switch s {
	case Accepted:
		t.Icon = "inbox"
	case Review:
		t.Icon = "search"
	case Working:
		t.Icon = "clock"
	case Clarify:
		t.Tone = ui.Warning
	case Approved, Done:
		t.Tone = ui.Success
	case Refused:
		t.Tone = ui.Danger
	case Withdrawn:
		t.Tone, t.Icon = ui.Neutral, "undo"
	}
	return t
}

// Tile is the icon of a status in a list.
func (s Status) Tile() (icon string, tone ui.Tone) {
	t := s.Tag()
	switch s {
	case Clarify:
		return "alert", t.Tone
	case Approved, Done:
		return "file-check", t.Tone
	case Refused:
		return "file-x", t.Tone
	}
	return t.Icon, t.Tone
}

// Note says when an application in a list is answered, or was.
func (l Listed) Note(ctx context.Context) i18n.Text {
	switch {
	case l.Status == Clarify && l.Ask != nil:
		return i18n.K("application.answer_by", "date", day(ctx, l.Ask.Until))
	case l.Status.Final():
		return i18n.Text{}
	case l.Quick && !l.Desk:
		return i18n.K("application.promise_minutes")
	}
	return i18n.K("application.due", "date", day(ctx, l.Due))
}

// day is a date inside of a text.
func day(ctx context.Context, d workcal.Date) string {
	if d.IsZero() {
		return "—"
	}
	return i18n.Date(ctx, noonOf(d))
}

type listView struct {
	Drafts []Unsent
	Sent   []Listed
	Before string // cursor of this page, "" for the newest
	Next   string
}

// stepView is a page of a form.
type stepView struct {
	form
	Step     *eform.Step
	Way      eform.Way
	View     eform.View
	Action   string
	Autosave string
	Problems []eform.Problem
	Alert    i18n.Text
	Saved    i18n.Text
	Consent  *web.Field // nil: asked on the page before sending, or not at all
	Terms    *consent.Document
	Promise  i18n.Text
}

func (v stepView) errors() []*web.Field {
	fields := eform.ErrorFields(v.Problems)
	if v.Consent != nil {
		fields = append(fields, web.Wrong(v.Consent)...)
	}
	return fields
}

func (v stepView) of() int {
	if v.direct() {
		return v.Way.Of
	}
	return v.Way.Of + 1 // and the page before sending
}

func (v stepView) rest() i18n.Text { return i18n.K("application.minutes", "n", v.Way.Minutes) }

// nav lists the steps with what is done, which stands at number now (from 1),
// and the page before sending.
func (f form) nav(now int) (steps []ui.NavStep) {
	for i, step := range f.state.Steps() {
		n := ui.NavStep{Title: step.Title.Text(), State: ui.Next}
		switch {
		case i+1 == now:
			n.State = ui.Now
		case !f.fresh && len(f.state.Check(step.ID.Value)) == 0:
			n.State, n.Href = ui.Done, draftPath(f.draft.ID, step.ID.Value)
		case i+1 < now:
			n.Href = draftPath(f.draft.ID, step.ID.Value)
		}
		steps = append(steps, n)
	}
	if f.direct() {
		return steps
	}
	last := ui.NavStep{Title: i18n.K("application.check_step"), State: ui.Next}
	if now > len(steps) {
		last.State = ui.Now
	}
	return append(steps, last)
}

func consentField(def *catalogue.Definition, given, missing bool) *web.Field {
	if !asksConsent(def) {
		return nil
	}
	f := &web.Field{Name: "consent", Label: def.Consent.Text(), Hint: i18n.K("application.consent_where")}
	if given {
		f.Value = "on"
	}
	if missing {
		f.Error = i18n.K("application.consent_missing")
	}
	return f
}

// promise says when an application sent now will be answered.
func promise(ctx context.Context, def *catalogue.Definition, due workcal.Date) i18n.Text {
	if quick(def) {
		return i18n.K("application.promise_minutes")
	}
	return i18n.K("application.promise", "date", day(ctx, due))
}

func savedAt(ctx context.Context, d eform.Draft) i18n.Text {
	return i18n.K("application.saved_at", "time", i18n.Clock(ctx, d.Updated))
}

func rev(d eform.Draft) string { return strconv.FormatInt(d.Rev, 10) }

// tooOften says why something was not sent, and when it can be.
func tooOften(err error) i18n.Text {
	if wait, ok := retryAfter(err); ok {
		return i18n.K("application.too_often_wait", "n", int((wait+time.Minute-1)/time.Minute))
	}
	return i18n.K(fault.Of(err).Text)
}

func retryAfter(err error) (time.Duration, bool) {
	for err != nil {
		if r, ok := err.(interface{ RetryAfter() time.Duration }); ok {
			return r.RetryAfter(), r.RetryAfter() > 0
		}
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return 0, false
		}
		err = u.Unwrap()
	}
	return 0, false
}

// checkView is the page on which answers are looked over before sending.
type checkView struct {
	form
	Problems []eform.Problem
	Consent  *web.Field
	Terms    *consent.Document // the whole text of Consent
	Phone    string            // masked: where the code goes; "" when there is none
	Promise  i18n.Text
	Alert    i18n.Text
}

// mend is the page where a flaw found before sending is put right.
func (v checkView) mend(p eform.Problem) string {
	return draftPath(v.draft.ID, p.Step) + "?from=check"
}

// problemText says what is wrong with which answer, and names the answer once.
func problemText(ctx context.Context, p eform.Problem) i18n.Text {
	if strings.Contains(p.Text.In(ctx), p.Label.In(ctx)) {
		return p.Text
	}
	return i18n.K("application.in_row", "row", p.Label, "label", p.Text)
}

// signs reports whether the sending is confirmed by a code.
func (v checkView) signs() bool { return v.def.Signing == catalogue.SignCode }

func (v checkView) errors() []*web.Field {
	if v.Consent == nil {
		return nil
	}
	return web.Wrong(v.Consent)
}

// pairs are the answers of a section, with links to change them.
func pairs(ctx context.Context, section eform.Section, draft string) (all []ui.Pair) {
	for _, item := range section.Items {
		label := item.Label.Text()
		if !item.Row.IsZero() {
			label = i18n.K("application.in_row", "row", item.Row, "label", item.Label)
		}
		p := ui.Pair{Label: label, Value: strings.Join(item.Lines(ctx), ", ")}
		switch {
		case item.Profile:
			p.Known = i18n.K("ui.from_profile")
		case draft != "":
			p.Edit = draftPath(draft, section.Step.ID.Value) + "?from=check#" + item.Path
		}
		all = append(all, p)
	}
	return all
}

// codeForm asks for the code that confirms the sending.
type codeForm struct {
	ID   string // of the code
	Code web.Field
}

func newCodeForm(code string) codeForm {
	return codeForm{code, web.Field{Name: "code", Label: i18n.K("application.confirm_code"), Missing: i18n.K("account.code_missing"), Max: 20}}
}

type confirmView struct {
	form
	Form   codeForm
	Phone  string // masked
	Agreed string // proof of consent, to be sent on
	Again  bool   // another code was asked for
}

// answerForm answers a clerk.
type answerForm struct {
	File, Text web.Field
}

// maxAnswerText is how much of an answer is read, in bytes: far more than it may
// have, so that what is too long is told and comes back.
const maxAnswerText = 64 << 10

func newAnswerForm() answerForm {
	return answerForm{
		File: web.Field{Name: "file", Label: i18n.K("application.answer_file"), Hint: i18n.K("application.answer_file_hint"), Optional: true},
		Text: web.Field{Name: "text", Label: i18n.K("application.answer_text"), Optional: true, Max: 2000},
	}
}

// wants makes what is asked for obligatory.
func (f *answerForm) wants(ask *Ask) {
	if ask != nil && ask.Files {
		f.File.Optional = false
	} else if ask != nil {
		f.Text.Optional = false
	}
}

func (f *answerForm) errors() []*web.Field { return web.Wrong(&f.File, &f.Text) }

// cardView is the page of an application.
type cardView struct {
	Card
	Form  answerForm
	Sent  bool // it was sent just now
	Late  bool // the term is over and nothing is decided
	Quick bool // the service answers in minutes
}

// updates reports whether the page is going to change by itself soon.
func (v cardView) updates() bool {
	return v.Status == Approved || !v.Desk && (v.Status == Accepted || v.Status == Review)
}

// timeline tells what happened and what comes, one line for each change of
// status.
func (v cardView) timeline(ctx context.Context) (all []ui.Event) {
	for i, e := range v.Events {
		if i > 0 && e.Status == v.Events[i-1].Status {
			continue
		}
		line := ui.Event{Title: e.Status.Label(), Note: i18n.When(ctx, e.At) + " · " + e.author(ctx), State: ui.Done}
		if v.current(i) {
			line.Text = v.now(e.Status)
			switch {
			case e.Status == Refused:
				line.State = ui.Failed
			case e.Status == Clarify:
				line.State = ui.Now
			case !e.Status.Final():
				line.State, line.Icon = ui.Going, e.Status.Tag().Icon
			}
		}
		all = append(all, line)
	}
	for _, next := range v.ahead() {
		all = append(all, ui.Event{Title: next, State: ui.Next})
	}
	return all
}

// current reports whether the status has not changed since event i.
func (v cardView) current(i int) bool {
	return !slices.ContainsFunc(v.Events[i:], func(e Event) bool { return e.Status != v.Events[i].Status })
}

// now says what goes on in a status, in the words of the service when it has
// any.
func (v cardView) now(s Status) i18n.Text {
	if words, ok := v.Def.Statuses[string(s)]; ok {
		return words.Text()
	}
	if s == Clarify && v.Term.Paused {
		return i18n.K("application.due_paused")
	}
	return i18n.Text{}
}

// ahead names what is still to come.
func (v cardView) ahead() []i18n.Text {
	switch v.Status {
	case Accepted, Review:
		return []i18n.Text{i18n.K("application.next_working"), i18n.K("application.next_done")}
	case Working, Clarify, Approved:
		return []i18n.Text{i18n.K("application.next_done")}
	}
	return nil
}

func (v cardView) termText() i18n.Text {
	if v.Term.Paused {
		return i18n.K("application.term_paused")
	}
	if v.Term.Of > 0 {
		return i18n.K("application.term_moved", "n", v.Term.Passed, "all", v.Term.Of)
	}
	return i18n.Text{}
}

var journalColumns = []ui.Column{
	{Title: i18n.K("application.journal_when"), Num: true},
	{Title: i18n.K("application.journal_what")},
	{Title: i18n.K("application.journal_who")},
}

// levelText names the level that a service asks for.
func levelText(def *catalogue.Definition) i18n.Text {
	return i18n.K(account.Level(def.Who.Level).Text())
}

// stepOrFirst is the page to go on with.
func stepOrFirst(d eform.Draft) string {
	if d.Step == "" {
		return firstStep
	}
	return d.Step
}

// lastStep is the step before the page on which answers are looked over.
func (f form) lastStep() string {
	steps := f.state.Steps()
	if len(steps) == 0 {
		return "check"
	}
	return steps[len(steps)-1].ID.Value
}

// newest leads to the first page of the list, "" when this is it.
func newest(before string) string {
	if before == "" {
		return ""
	}
	return "/applications"
}

func older(next string) string {
	if next == "" {
		return ""
	}
	return "/applications?before=" + next
}

// noonOf is a moment of a day that is on that day in every place of ours.
func noonOf(d workcal.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 9, 0, 0, 0, time.UTC)
}

// words is a text that is the same in every language.
func words(s string) i18n.Text { return i18n.Words{RU: s, EN: s}.Text() }

func (v cardView) until(ctx context.Context) string {
	d, err := workcal.ParseDate(v.Paper.Until)
	if err != nil {
		return v.Paper.Until
	}
	return i18n.DateFull(ctx, noonOf(d))
}
