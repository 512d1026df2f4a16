package proofing

import (
	"context"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/document"
	"kabinet/internal/person"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// overviewPage is «Подтверждение личности».
type overviewPage struct {
	Account    account.Account
	Back       string // where the person came from to raise the level
	NoPhone    bool
	Current    Request
	HasCurrent bool
	Ways       []Way
	Proofs     []Proof
	Requests   []Request
}

func levelTag(l account.Level) ui.Tag {
	switch l {
	case account.Confirmed:
		return ui.Tag{Text: i18n.K("proofing.confirmed"), Tone: ui.Success, Icon: "shield-check"}
	case account.Standard:
		return ui.Tag{Text: i18n.K(l.Text()), Tone: ui.Info, Icon: "user-check"}
	}
	return ui.Tag{Text: i18n.K(l.Text()), Tone: ui.Neutral, Icon: "user"}
}

// levels tells what each level opens, the lowest first.
func (p overviewPage) levels() (all []ui.Event) {
	reached := true
	for _, l := range []account.Level{account.Simplified, account.Standard, account.Confirmed} {
		e := ui.Event{Title: i18n.K(l.Text()), Text: i18n.K("proofing.opens_" + string(l)), State: ui.Done}
		switch {
		case p.Account.Level.AtLeast(l):
		case reached:
			e.State, e.Icon, reached = ui.Now, "chevron-right", false
		default:
			e.State, e.Icon = ui.Next, "lock"
		}
		all = append(all, e)
	}
	return all
}

// open reports whether a way can be begun at the account's level.
func (p overviewPage) open(w Way) bool { return p.Account.Level.AtLeast(w.Needs) }

// row draws a way, as a link when it can be begun.
func (p overviewPage) row(ctx context.Context, w Way) ui.RowItem {
	r := ui.RowItem{LinkTo: ui.LinkTo{Title: w.Title, Text: w.Text, Icon: w.Icon}, Note: w.Takes.In(ctx)}
	if p.open(w) {
		r.Href = withBack(w.Href, p.Back)
	} else {
		r.Tone = ui.Neutral
	}
	return r
}

// Label is the state in a word or two. Source: B-10.
func (r Request) Label() ui.Tag {
	switch r.State {
	case Checking:
		return ui.Tag{Text: i18n.K("proofing.state_checking"), Tone: ui.Info, Icon: "hourglass"}
	case Papers:
		return ui.Tag{Text: i18n.K("proofing.state_papers"), Tone: ui.Warning, Icon: "alert"}
	case Review:
		return ui.Tag{Text: i18n.K("proofing.state_review"), Tone: ui.Info, Icon: "hourglass"}
	case Approved:
		if r.Kind == Change {
			return ui.Tag{Text: i18n.K("proofing.state_changed"), Tone: ui.Success}
		}
		return ui.Tag{Text: i18n.K("proofing.state_approved"), Tone: ui.Success}
	case Failed:
		return ui.Tag{Text: i18n.K("proofing.state_failed"), Tone: ui.Danger}
	case Refused:
		return ui.Tag{Text: i18n.K("proofing.state_refused"), Tone: ui.Danger}
	}
	return ui.Tag{Text: i18n.K("proofing.state_cancelled")}
}

// Title names what is asked for.
func (r Request) Title() i18n.Text { return i18n.K("proofing.kind_" + string(r.Kind)) }

// onlinePage is the form for the registers.
type onlinePage struct {
	Known   person.Person
	Form    *person.DataForm
	Parts   []person.Part // that are asked for
	Back    string
	NoPhone bool
	Wait    time.Duration // until the next try; 0: now
	Said    i18n.Text
}

// setForm asks for the parts that were not verified yet.
func (p *onlinePage) setForm(now func() time.Time) {
	p.Parts = nil
	for _, part := range person.Parts {
		if !p.Known.Is(part) {
			p.Parts = append(p.Parts, part)
		}
	}
	p.Form = person.NewDataForm(p.Known, now, p.Parts...)
	p.Form.Require("surname", "name", "birth_date", "passport_series", "passport_number", "issued_on", "issued_by", "division", "snils")
	if f := p.Form.Field("patronymic"); f != nil {
		f.Hint = i18n.K("proofing.hint_patronymic")
	}
}

func (p onlinePage) wrong() bool { return len(web.Wrong(p.Form.Fields()...)) > 0 }

// minutes is a wait as it is said: at least one.
func minutes(d time.Duration) int { return max(1, int((d+time.Minute-1)/time.Minute)) }

// papersForm takes files for a request.
type papersForm struct{ File, Comment web.Field }

func newPapersForm() papersForm {
	return papersForm{
		File:    web.Field{Name: "file", Label: i18n.K("proofing.files"), Hint: i18n.K("proofing.files_hint")},
		Comment: web.Field{Name: "comment", Label: i18n.K("proofing.comment"), Optional: true, Max: 1000},
	}
}

func (f papersForm) wrong() bool { return len(web.Wrong(&f.File, &f.Comment)) > 0 }

// requestView is the page of one request.
type requestView struct {
	Request
	Form  papersForm
	Files []document.File
	Wait  time.Duration // until the next try
	Now   time.Time
	Ways  []Way // instead
}

// why are the sentences under the state.
func (p requestView) why() (texts []i18n.Text) {
	switch {
	case p.State == Refused:
		texts = append(texts, i18n.K(p.Reason))
	case p.State == Failed, p.State == Papers:
		texts = p.Request.Why()
	}
	return texts
}

// lead says what happens now.
func (p requestView) lead() i18n.Text {
	key := "proofing.now_" + string(p.State)
	switch {
	case p.State == Review && p.Other != "":
		key = "proofing.unconfirmed"
	case p.State == Checking && len(p.Silent) > 0:
		key = "proofing.now_silent"
	case p.Kind == Change && (p.State == Review || p.State == Approved):
		key = "proofing.now_change_" + string(p.State)
	}
	return i18n.K(key)
}

func (p requestView) tone() ui.Tone {
	if t := p.Label().Tone; t != "" {
		return t
	}
	return ui.Neutral
}

// steps show how far it has come.
func (p requestView) steps(ctx context.Context) []ui.Event {
	all := []ui.Event{{Title: i18n.K("proofing.step_sent"), Note: i18n.When(ctx, p.Created)}}
	if p.Kind == Online {
		for _, name := range []string{Passport, Pension} {
			e := ui.Event{Title: i18n.K("proofing.step_" + name), State: ui.Going}
			if _, ok := p.Answers[name]; ok {
				e.State = ui.Done
			} else if !p.State.Open() || p.State == Review {
				continue
			}
			all = append(all, e)
		}
	}
	if p.State == Review {
		all = append(all, ui.Event{Title: i18n.K("proofing.step_review"), State: ui.Going})
	}
	last := ui.Event{Title: p.Label().Text, Note: i18n.When(ctx, p.Updated), State: ui.Done}
	switch p.State {
	case Approved, Cancelled:
	case Failed, Refused:
		last.State = ui.Failed
	case Papers:
		last.State = ui.Now
	default:
		last = ui.Event{Title: i18n.K("proofing.step_result"), State: ui.Next}
	}
	return append(all, last)
}

func fileRow(f document.File, href string) ui.File {
	return ui.File{Name: f.Name, Href: href, Size: f.Size, At: f.At}
}

// postPage is the way by a code on paper.
type postPage struct {
	Level     account.Level
	Letter    Letter
	HasLetter bool // one whose code was not used
	Form      web.Field
	Code      web.Field
	Said      i18n.Text
	Now       time.Time
}

func newPostForm(address string) web.Field {
	return web.Field{Name: "address", Label: i18n.K("proofing.post_address"), Hint: i18n.K("proofing.post_address_hint"), Value: address, Max: 300}
}

func newLetterForm() web.Field {
	return web.Field{Name: "code", Label: i18n.K("proofing.letter_code"), Hint: i18n.K("proofing.letter_code_hint"), Max: 30}
}
