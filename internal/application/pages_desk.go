package application

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kabinet/internal/catalogue"
	"kabinet/internal/document"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/workcal"
)

// queueChoice is which part of the queue is shown.
type queueChoice struct {
	View    View
	Text    string // a number or a surname; looks through all views
	Service string // code, "" for all
	After   string // Case.Cursor of the last case before this page
}

func (v View) known() bool {
	switch v {
	case ViewMine, ViewCommon, ViewWaiting, ViewLate, ViewClosed:
		return true
	}
	return false
}

func (c queueChoice) filter() Filter {
	f := Filter{View: c.View, Service: c.Service, After: c.After}
	if number, ok := ParseNumber(c.Text); ok {
		f.Number = number
	} else {
		f.Surname = c.Text
	}
	return f
}

func (c queueChoice) href() string {
	q := url.Values{}
	for name, v := range map[string]string{"view": string(c.View), "q": c.Text, "service": c.Service, "after": c.After} {
		if v != "" {
			q.Set(name, v)
		}
	}
	return queuePath + "?" + q.Encode()
}

// queuePage is a part of the queue.
type queuePage struct {
	Nav      []ui.Link
	Me       string // account of the clerk
	Choice   queueChoice
	Counts   map[View]int
	Names    map[string]string // of clerks, by account
	Services []ui.Option
	Rows     []queueRow
	More     string // cursor of the next page, "" for none
	Took     []Case // taken just now
	Said     []i18n.Text

	took map[string]bool // IDs of Took
}

type queueRow struct {
	Case
	Title i18n.Words // of the service
	Term  ui.Tag     // zero for a case that is closed
}

// setServices makes the filter of the services that the agency gives.
func (p *queuePage) setServices(all *catalogue.Catalogue, agency string) {
	p.Services = []ui.Option{{Text: i18n.K("application.desk_all_services")}}
	for _, c := range all.Find(catalogue.Query{Agency: agency}).Cards {
		p.Services = append(p.Services, ui.Option{Value: c.Code, Text: c.Title.Text()})
	}
}

func (p queuePage) chips() (chips []ui.Choice) {
	for _, v := range []View{ViewMine, ViewCommon, ViewWaiting, ViewLate, ViewClosed} {
		chips = append(chips, ui.Choice{
			Href: queueChoice{View: v, Service: p.Choice.Service}.href(), Text: i18n.K("application.desk_" + string(v)),
			Count: p.count(v), Current: v == p.Choice.View && p.Choice.Text == "",
		})
	}
	return chips
}

// count is how many cases a view holds, "" when they are not counted.
func (p queuePage) count(v View) string {
	n, ok := p.Counts[v]
	switch {
	case !ok:
		return ""
	case n > 999:
		return "999+"
	}
	return strconv.Itoa(n)
}

// title heads the list.
func (p queuePage) title() i18n.Text {
	if p.Choice.Text != "" {
		return i18n.K("application.desk_found", "text", p.Choice.Text)
	}
	return i18n.K("application.desk_" + string(p.Choice.View))
}

func (p queuePage) older() string {
	if p.More == "" {
		return ""
	}
	next := p.Choice
	next.After = p.More
	return next.href()
}

// first leads to the beginning of the list, "" when this is it.
func (p queuePage) first() string {
	if p.Choice.After == "" {
		return ""
	}
	first := p.Choice
	first.After = ""
	return first.href()
}

func (p queuePage) empty() ui.EmptyState {
	if p.Choice.Text != "" {
		return ui.EmptyState{Icon: "search-x", Title: i18n.K("application.desk_found_none"), Text: i18n.K("application.desk_found_none_text")}
	}
	return ui.EmptyState{Icon: "inbox", Title: i18n.K("application.desk_empty"), Text: i18n.K("application.desk_empty_text")}
}

// free reports whether a case can be taken.
func (r queueRow) free() bool { return r.Assignee == "" && r.Status.Undecided() }

// anyFree reports whether there is something to tick.
func (p queuePage) anyFree() bool {
	for _, r := range p.Rows {
		if r.free() {
			return true
		}
	}
	return false
}

// holder is who has a case, in words.
func (p queuePage) holder(ctx context.Context, c Case) string {
	switch {
	case c.Assignee == "":
		return i18n.T(ctx, "application.desk_nobody")
	case c.Assignee == p.Me:
		return i18n.T(ctx, "application.desk_you")
	case p.Names[c.Assignee] != "":
		return p.Names[c.Assignee]
	}
	return i18n.T(ctx, "application.clerk") // works here no more
}

func (p queuePage) search() *web.Field {
	return &web.Field{Name: "q", Label: i18n.K("application.desk_search"), Hint: i18n.K("application.desk_search_hint"), Value: p.Choice.Text}
}

func (p queuePage) service() *web.Field {
	return &web.Field{Name: "service", Label: i18n.K("application.desk_service"), Value: p.Choice.Service}
}

// queueColumns are the columns of the queue; the first is there only when there
// is something to tick.
func queueColumns(pick bool) []ui.Column {
	columns := []ui.Column{
		{Title: i18n.K("application.desk_case")}, {Title: i18n.K("application.desk_applicant")}, {Title: i18n.K("application.desk_came"), Num: true},
		{Title: i18n.K("application.desk_term")}, {Title: i18n.K("application.desk_status")}, {Title: i18n.K("application.desk_assignee")},
	}
	if pick {
		return append([]ui.Column{pickColumn()}, columns...)
	}
	return columns
}

func pickColumn() ui.Column {
	return ui.Column{Title: i18n.K("application.desk_pick_column"), Hidden: true}
}

// termTag says how pressing a case is, zero when it is decided; short is for
// tables. pauses tells whether its term stands still while the citizen is asked.
func (s *Service) termTag(c Case, pauses, short bool) ui.Tag {
	paused, days := "application.desk_paused", "application.desk_left"
	if short {
		paused, days = "application.desk_waits", "application.desk_days"
	}
	if !c.Status.Undecided() {
		return ui.Tag{}
	}
	if c.Status == Clarify && pauses {
		return ui.Tag{Text: i18n.K(paused), Tone: ui.Warning, Icon: "hourglass"}
	}
	left, ok := s.Left(c)
	switch {
	case !ok:
		return ui.Tag{Text: i18n.K("application.desk_no_term"), Tone: ui.Neutral, Icon: "clock"}
	case left < 0:
		return ui.Tag{Text: i18n.K("application.desk_overdue"), Tone: ui.Danger, Icon: "alarm-clock"}
	case c.Due.Compare(s.today()) == 0:
		return ui.Tag{Text: i18n.K("application.desk_today"), Tone: ui.Danger, Icon: "alarm-clock"}
	case s.Pressing(c):
		return ui.Tag{Text: i18n.K(days, "n", left), Tone: ui.Warning, Icon: "clock"}
	}
	return ui.Tag{Text: i18n.K(days, "n", left), Tone: ui.Neutral, Icon: "clock"}
}

// What can be done with a case: the values of decision.Do.
const (
	doTake    = "take"
	doRelease = "release"
	doAsk     = "ask"
	doApprove = "approve"
	doRefuse  = "refuse"
	doRetry   = "retry"
)

// doneText says what was just done, zero for what is no act.
func doneText(do string) i18n.Text {
	switch do {
	case doTake, doRelease, doAsk, doApprove, doRefuse, doRetry:
		return i18n.K("application.desk_done_" + do)
	}
	return i18n.Text{}
}

// decision is the form in which a clerk decides.
type decision struct {
	Do, Until, Files, Note web.Field
	today                  workcal.Date
}

// noteLongest is how long a message to the citizen may be, in characters.
const noteLongest = 2000

// askDays is for how many days the form proposes to wait for an answer.
const askDays = 7

func newDecision(today workcal.Date) decision {
	until := today.Add(askDays)
	return decision{
		Do: web.Field{Name: "do", Label: i18n.K("application.desk_choose"), Missing: i18n.K("application.desk_choose"), Check: func(v string) i18n.Text {
			if doneText(v).IsZero() {
				return i18n.K("application.desk_choose")
			}
			return i18n.Text{}
		}},
		Until: web.Field{Name: "until", Label: i18n.K("application.desk_until"), Hint: i18n.K("application.desk_until_hint"),
			Missing: i18n.K("application.desk_until_wrong"), Value: noonOf(until).Format(dayLayout)},
		Files: web.Field{Name: "files", Label: i18n.K("application.desk_wants_file"), Optional: true},
		Note: web.Field{Name: "note", Label: i18n.K("application.desk_note"), Hint: i18n.K("application.desk_note_hint"),
			Missing: i18n.K("application.desk_note_missing"), Max: noteLongest},
		today: today,
	}
}

func (f *decision) fields() []*web.Field { return []*web.Field{&f.Do, &f.Until, &f.Files, &f.Note} }

func (f *decision) wrong() bool { return len(web.Wrong(f.fields()...)) > 0 }

// read reads what was posted. What a decision needs no words or day for may be
// left empty.
func (f *decision) read(r *http.Request) bool {
	ok := web.Read(r, &f.Do)
	if f.Do.Value == doTake || f.Do.Value == doRelease {
		return ok
	}
	f.Until.Optional = f.Do.Value != doAsk
	f.Note.Optional = f.Do.Value == doApprove || f.Do.Value == doRetry || !ok
	if f.Do.Value == doAsk {
		f.Until.Check = f.checkUntil
	}
	return web.Read(r, &f.Until, &f.Files, &f.Note) && ok
}

func (f *decision) checkUntil(v string) i18n.Text {
	if day, ok := readDay(v); !ok || day.Compare(f.today) <= 0 {
		return i18n.K("application.desk_until_wrong")
	}
	return i18n.Text{}
}

const dayLayout = "02.01.2006"

// readDay reads a day as it is typed: «26.11.2026».
func readDay(s string) (workcal.Date, bool) {
	t, err := time.Parse(dayLayout, s)
	return workcal.DateOf(t), err == nil
}

// casePage is a case as its clerks see it.
type casePage struct {
	Nav      []ui.Link
	Clerk    Clerk
	Card     Card
	Holder   string // name of who has it, "" for nobody and for who works here no more
	Term     ui.Tag
	CanRetry bool // a register decides on the service
	Form     decision
	Done     i18n.Text // what was just done
	Said     i18n.Text // why it was not done
}

func (p casePage) mine() bool { return p.Card.Assignee == p.Clerk.Account }

func (p casePage) title() i18n.Text {
	if p.Card.Applicant == "" {
		return p.Card.Def.Title.Text()
	}
	return i18n.K("application.desk_case_title", "applicant", p.Card.Applicant, "service", p.Card.Def.Title)
}

// conflict says why nothing was done.
func (p casePage) conflict() i18n.Text {
	if p.Card.Status == Withdrawn {
		return i18n.K("application.desk_withdrawn")
	}
	return p.Said
}

// typed is the message that was not sent and that no form on the page shows.
func (p casePage) typed() string {
	if p.mine() && p.Card.Status.Undecided() {
		return ""
	}
	return p.Form.Note.Value
}

// choices are the decisions that the case allows now.
func (p casePage) choices() []ui.Option {
	all := []ui.Option{{Value: doAsk, Text: i18n.K("application.desk_ask"), Hint: i18n.K("application.desk_ask_hint"), Icon: "alert"}}
	if p.Card.Status.May(Approved) {
		all = append(all, ui.Option{Value: doApprove, Text: i18n.K("application.desk_approve"), Hint: i18n.K("application.desk_approve_hint"), Icon: "ok"})
	}
	all = append(all, ui.Option{Value: doRefuse, Text: i18n.K("application.desk_refuse"), Hint: i18n.K("application.desk_refuse_hint"), Icon: "bad"})
	if p.CanRetry && p.Card.Status == Working {
		all = append(all, ui.Option{Value: doRetry, Text: i18n.K("application.desk_retry"), Hint: i18n.K("application.desk_retry_hint"), Icon: "rotate-ccw"})
	}
	return all
}

func (p casePage) fileHref(file string) string { return casesPath + p.Card.ID + "/files/" + file }

func (p casePage) file(f document.File) ui.File {
	return ui.File{Name: f.Name, Href: p.fileHref(f.ID), Size: f.Size, Kind: strings.ToUpper(string(f.Format)), At: f.At}
}

// history is the journal as a clerk reads it, oldest first.
func (p casePage) history(ctx context.Context) (events []ui.Event) {
	for _, e := range p.Card.Events {
		who := i18n.K("application.auto")
		title := i18n.K(e.What)
		switch e.By {
		case ByClerk:
			who = words(e.Who)
		case ByCitizen:
			who = i18n.K("application.desk_applicant")
			title = citizenEvent(e)
		}
		events = append(events, ui.Event{Title: title, Text: words(e.Comment), State: ui.Done,
			Note: i18n.When(ctx, e.At) + " · " + who.In(ctx)})
	}
	return events
}

// citizenEvent is an act of the citizen in words for the clerk: the journal's
// own speak to the citizen.
func citizenEvent(e Event) i18n.Text {
	switch e.What {
	case "application.event_answered":
		return i18n.K("application.desk_event_answered")
	case "application.event_corrected":
		return i18n.K("application.desk_event_corrected")
	}
	return i18n.K(e.What)
}
