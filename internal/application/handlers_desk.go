package application

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"kabinet/internal/document"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/web"
	"kabinet/internal/staff"
)

// desk is where the clerks of an agency work its cases.
type desk struct {
	*Service
	staff *staff.Service
}

// DeskRoutes puts the pages for clerks on rt.
func (s *Service) DeskRoutes(rt *web.Router, members *staff.Service) {
	d := desk{s, members}
	clerk := members.Require(staff.Clerk)
	rt.Handle("GET "+queuePath, d.queue, clerk)
	rt.Handle("POST "+queuePath, d.takeFromQueue, clerk)
	rt.Handle("GET "+casesPath+"{id}", d.lookAt, clerk)
	rt.Handle("POST "+casesPath+"{id}", d.act, clerk)
	rt.Handle("GET "+casesPath+"{id}/files/{file}", d.openFile, clerk)
}

const (
	queuePath = "/desk/queue"
	casesPath = "/desk/cases/"
)

// clerkOf is the clerk who asks, behind the guard.
func clerkOf(r *http.Request) Clerk {
	m := staff.MemberOf(r)
	return Clerk{Account: m.Account, Session: web.VisitOf(r.Context()).Session, Agency: m.Agency, Name: m.Name}
}

// names tells what the clerks of an agency are called, by account.
func (d desk) names(ctx context.Context, agency string) (map[string]string, error) {
	members, err := d.staff.Members(ctx, agency)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, m := range members {
		names[m.Account] = m.Name
	}
	return names, nil
}

func (d desk) queue(w http.ResponseWriter, r *http.Request) error {
	return d.writeQueue(w, r, http.StatusOK, queuePage{})
}

// queuePageSize is how many cases a page of the queue has.
const queuePageSize = 20

// writeQueue draws the part of the queue that the request asks for; p holds
// what was just done.
func (d desk) writeQueue(w http.ResponseWriter, r *http.Request, status int, p queuePage) error {
	ctx, clerk := r.Context(), clerkOf(r)
	p.Nav, p.Me, p.Choice = staff.MemberOf(r).Nav(), clerk.Account, readChoice(r)
	f := p.Choice.filter()
	f.Limit = queuePageSize + 1
	all, err := d.Queue(ctx, clerk, f)
	if err != nil {
		return err
	}
	if len(all) > queuePageSize {
		all = all[:queuePageSize]
		p.More = all[queuePageSize-1].Cursor()
	}
	if p.Counts, err = d.Counts(ctx, clerk); err != nil {
		return err
	}
	if p.Names, err = d.names(ctx, clerk.Agency); err != nil {
		return err
	}
	services, err := d.Catalogue.Catalogue(ctx)
	if err != nil {
		return err
	}
	p.setServices(services, clerk.Agency)
	for _, c := range all {
		if p.took[c.ID] {
			continue // the copy does not know it yet
		}
		card, _ := services.Card(c.Service)
		p.Rows = append(p.Rows, queueRow{Case: c, Title: card.Title, Term: d.termTag(c, card.Term.Pauses, true)})
	}
	return web.Write(w, r, status, deskQueuePage(p))
}

// Most cases that one press of the button takes: a page of them.
const bulkMost = queuePageSize

// takeFromQueue gives the clerk the ticked cases, or the next one that nobody
// has.
func (d desk) takeFromQueue(w http.ResponseWriter, r *http.Request) error {
	if r.PostFormValue("do") == "next" {
		return d.takeNext(w, r)
	}
	p := queuePage{took: map[string]bool{}}
	ticked := r.PostForm["case"]
	if len(ticked) == 0 {
		p.Said = append(p.Said, i18n.K("application.desk_pick_none"))
		return d.writeQueue(w, r, http.StatusUnprocessableEntity, p)
	}
	for _, app := range ticked[:min(len(ticked), bulkMost)] {
		if !id.Valid(app) {
			return ErrNone
		}
		c, err := d.store.caseByID(r.Context(), d.DB, clerkOf(r).Agency, app)
		if err != nil {
			return err
		}
		_, err = d.Take(r.Context(), clerkOf(r), app)
		switch {
		case err == nil:
			p.took[app] = true
			p.Took = append(p.Took, c)
		case fault.Of(err).Kind == fault.Conflict:
			p.Said = append(p.Said, i18n.K("application.desk_bulk_not", "number", c.Number, "why", i18n.K(fault.Of(err).Text)))
		default:
			return err
		}
	}
	return d.writeQueue(w, r, http.StatusOK, p)
}

func (d desk) takeNext(w http.ResponseWriter, r *http.Request) error {
	a, err := d.TakeNext(r.Context(), clerkOf(r))
	if errors.Is(err, ErrNone) {
		return d.writeQueue(w, r, http.StatusOK, queuePage{Said: []i18n.Text{i18n.K("application.desk_none_free")}})
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, casesPath+a.ID+"?done="+doTake)
}

func (d desk) lookAt(w http.ResponseWriter, r *http.Request) error {
	p := casePage{Form: newDecision(d.today())}
	p.Done = doneText(r.URL.Query().Get("done"))
	return d.writeCase(w, r, http.StatusOK, p)
}

// writeCase draws a case, and notes who looked; p holds what was just said and
// typed.
func (d desk) writeCase(w http.ResponseWriter, r *http.Request, status int, p casePage) error {
	ctx, app := r.Context(), r.PathValue("id")
	if !id.Valid(app) {
		return ErrNone
	}
	p.Nav, p.Clerk = staff.MemberOf(r).Nav(), clerkOf(r)
	var err error
	if p.Card, err = d.Look(ctx, p.Clerk, app); err != nil {
		return err
	}
	names, err := d.names(ctx, p.Clerk.Agency)
	if err != nil {
		return err
	}
	p.Holder = names[p.Card.Assignee]
	p.CanRetry = d.Connectors[p.Card.Def.Routing.Connector] != nil
	p.Term = d.termTag(Case{Status: p.Card.Status, Due: p.Card.Due}, p.Card.Def.Term.Pauses, false)
	return web.Write(w, r, status, deskCasePage(p))
}

// act does to a case what the pressed button or the chosen decision says. What
// another was quicker with is told on the page, with what was typed.
func (d desk) act(w http.ResponseWriter, r *http.Request) error {
	p := casePage{Form: newDecision(d.today())}
	if !id.Valid(r.PathValue("id")) {
		return ErrNone
	}
	if !p.Form.read(r) {
		return d.writeCase(w, r, http.StatusUnprocessableEntity, p)
	}
	err := d.do(r.Context(), clerkOf(r), r.PathValue("id"), p.Form)
	if err == nil {
		return web.SeeOther(w, r, casesPath+r.PathValue("id")+"?done="+p.Form.Do.Value)
	}
	if fault.Of(err).Kind != fault.Conflict {
		return err
	}
	p.Said = i18n.K(fault.Of(err).Text)
	return d.writeCase(w, r, http.StatusConflict, p)
}

func (d desk) do(ctx context.Context, clerk Clerk, app string, f decision) (err error) {
	switch f.Do.Value {
	case doTake:
		_, err = d.Take(ctx, clerk, app)
	case doRelease:
		_, err = d.Release(ctx, clerk, app)
	case doAsk:
		until, _ := readDay(f.Until.Value) // checked when it was read
		_, err = d.AskFor(ctx, clerk, app, Ask{What: f.Note.Value, Until: until, Files: f.Files.Value != ""})
	case doApprove:
		_, err = d.Approve(ctx, clerk, app, f.Note.Value)
	case doRefuse:
		_, err = d.Refuse(ctx, clerk, app, f.Note.Value)
	case doRetry:
		_, err = d.Retry(ctx, clerk, app)
	}
	return err
}

// openFile sends a file of a case, and notes who looked.
func (d desk) openFile(w http.ResponseWriter, r *http.Request) error {
	app, file := r.PathValue("id"), r.PathValue("file")
	if !id.Valid(app) || !id.Valid(file) {
		return ErrNone
	}
	f, content, err := d.OpenFile(r.Context(), clerkOf(r), app, file)
	if err != nil {
		return err
	}
	defer content.Close()
	return document.Send(w, r, f, content)
}

// readChoice reads which part of the queue is asked for, from the address or
// from the form that stands on it.
func readChoice(r *http.Request) queueChoice {
	c := queueChoice{View: View(r.FormValue("view")), Text: web.Clean(r.FormValue("q")), Service: r.FormValue("service"), After: r.FormValue("after")}
	if !c.View.known() {
		c.View = ViewCommon
	}
	if len(c.Text) > 200 {
		c.Text = strings.ToValidUTF8(c.Text[:200], "")
	}
	return c
}
