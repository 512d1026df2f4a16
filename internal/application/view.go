package application

import (
	"context"
	"errors"
	"fmt"

	"kabinet/internal/catalogue"
	"kabinet/internal/document"
	"kabinet/internal/eform"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/workcal"
)

// Card is everything that is told of an application.
type Card struct {
	Application
	Def       *catalogue.Definition
	Agency    catalogue.Agency
	Applicant string // full name as answered, "" when it was not asked
	Sections  []eform.Section
	Events    []Event // oldest first
	Files     []document.File
	Paper     *document.File // the result; nil while there is none
	Code      string         // under which anyone can see that the result is genuine
	Term      Progress
}

// Progress is how far the term has run.
type Progress struct {
	Passed, Of int  // working days; Of is 0 for a term that is not counted in them
	Paused     bool // it stands still until the citizen answers
}

// Card returns an application with everything that is told of it. It returns
// ErrNone.
func (s *Service) Card(ctx context.Context, acc, app string) (Card, error) {
	a, err := s.store.byID(ctx, s.DB, acc, app)
	if err != nil {
		return Card{}, err
	}
	v, err := s.read(ctx, a)
	if err != nil {
		return Card{}, err
	}
	c := Card{Application: a, Def: v.def, Agency: v.agency, Applicant: v.applicant, Sections: v.sections}
	if c.Events, err = s.store.events(ctx, s.DB, acc, app); err != nil {
		return c, fmt.Errorf("reading the journal of %s: %w", app, err)
	}
	if c.Term, err = s.progress(c); err != nil {
		return c, err
	}
	if c.Files, err = s.files(ctx, a); err != nil {
		return c, err
	}
	if a.Result == "" {
		return c, nil
	}
	paper, err := s.Documents.File(ctx, acc, a.Result)
	if err != nil {
		return c, fmt.Errorf("reading the result of %s: %w", app, err)
	}
	c.Paper = &paper
	if _, c.Code, err = s.Documents.Said(ctx, acc, a.Result); err != nil {
		return c, fmt.Errorf("reading the result of %s: %w", app, err)
	}
	return c, nil
}

func (s *Service) files(ctx context.Context, a Application) (files []document.File, err error) {
	attached, err := filesOf(ctx, s.DB, a.Account, a.ID)
	if err != nil {
		return nil, fmt.Errorf("reading the files of %s: %w", a.ID, err)
	}
	for _, at := range attached {
		f, err := s.Documents.File(ctx, a.Account, at.file)
		if err != nil {
			return nil, fmt.Errorf("reading the files of %s: %w", a.ID, err)
		}
		files = append(files, f)
	}
	return files, nil
}

// progress counts how much of the term is used up.
func (s *Service) progress(c Card) (p Progress, err error) {
	due, err := s.dueOf(c.Def, c.SentAt, pauses(c.Events))
	if err != nil {
		return p, err
	}
	p.Paused = c.Status == Clarify && due.Day.IsZero()
	if c.Def.Term.Unit != workcal.WorkingDays {
		return p, nil
	}
	p.Of = c.Def.Term.Length
	left := due.Left
	if !p.Paused {
		if left, err = s.Calendar.Between(s.today(), due.Day); err != nil {
			return p, fmt.Errorf("counting the term of %s: %w", c.ID, err)
		}
	}
	p.Passed = min(max(p.Of-left, 0), p.Of)
	return p, nil
}

// Listed is an application in a list. Of it only what rows show is there: ID,
// number, service, status, when it was sent and is due, Desk and Ask.
type Listed struct {
	Application
	Title i18n.Words // of the service
	Quick bool       // it is answered in minutes, so no day is promised
}

// pageSize is how many applications a page of the list has.
const pageSize = 20

// List returns a page of the account's applications, newest first, and what to
// ask for the next page with: "" when this is the last.
func (s *Service) List(ctx context.Context, acc, before string) (all []Listed, next string, err error) {
	return s.list(ctx, acc, before, pageSize)
}

// Latest returns the newest applications, at most limit, for pages that show a
// few.
func (s *Service) Latest(ctx context.Context, acc string, limit int) ([]Listed, error) {
	all, _, err := s.list(ctx, acc, "", limit)
	return all, err
}

func (s *Service) list(ctx context.Context, acc, before string, limit int) (all []Listed, next string, err error) {
	rows, err := s.store.list(ctx, s.DB, acc, cursor(before), limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing applications: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].ID
	}
	for _, a := range rows {
		l, err := s.listed(ctx, a)
		if err != nil {
			return nil, "", err
		}
		all = append(all, l)
	}
	return all, next, nil
}

func (s *Service) listed(ctx context.Context, a Application) (Listed, error) {
	services, err := s.Catalogue.Catalogue(ctx)
	if err != nil {
		return Listed{}, fmt.Errorf("naming service %s: %w", a.Service, err)
	}
	if card, ok := services.Card(a.Service); ok {
		return Listed{a, card.Title, card.Term.Unit == catalogue.Minutes}, nil
	}
	def, err := s.Catalogue.Definition(ctx, a.Service, a.Version) // no longer offered
	if err != nil {
		return Listed{}, fmt.Errorf("naming service %s: %w", a.Service, err)
	}
	return Listed{a, def.Title, def.Term.Unit == catalogue.Minutes}, nil
}

// cursor returns what a page of the list begins after, "" for what is no ID: the
// list begins anew.
func cursor(before string) string {
	if !id.Valid(before) {
		return ""
	}
	return before
}

// Find returns the application that became of a form, false while there is
// none.
func (s *Service) Find(ctx context.Context, acc, key string) (Application, bool, error) {
	a, err := s.store.byForm(ctx, s.DB, acc, key)
	if errors.Is(err, ErrNone) {
		return a, false, nil
	}
	if err != nil {
		return a, false, fmt.Errorf("looking for the application of form %s: %w", key, err)
	}
	return a, true, nil
}
