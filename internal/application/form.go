package application

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"kabinet/internal/catalogue"
	"kabinet/internal/eform"
	"kabinet/internal/platform/i18n"
)

// form is a look at a form that is being filled in.
type form struct {
	def   *catalogue.Definition
	draft eform.Draft
	facts eform.Facts
	state *eform.State
	fresh bool // nothing of it is stored yet
}

// look returns the state of answers to the form.
func (s *Service) look(f form, answers eform.Answers) *eform.State {
	return f.def.Compiled.State(answers, s.env(s.Now(), f.facts))
}

// form returns a draft of the account with its service. It returns
// eform.ErrNoDraft, and eform.ErrSent for one that is an application already.
func (s *Service) form(ctx context.Context, acc, draft string) (f form, err error) {
	if f.draft, err = s.Forms.Draft(ctx, acc, draft); err != nil {
		return f, err
	}
	if !f.draft.Sent.IsZero() {
		return f, eform.ErrSent
	}
	version, err := strconv.Atoi(f.draft.Version)
	if err != nil {
		return f, fmt.Errorf("draft %s is of version %q: %w", draft, f.draft.Version, err)
	}
	if f.def, err = s.Catalogue.Definition(ctx, f.draft.Form, version); err != nil {
		return f, fmt.Errorf("reading service %s: %w", f.draft.Form, err)
	}
	return f, s.learn(ctx, acc, &f)
}

// freshForm returns a form with nothing filled in, under a key. Nothing is
// stored.
func (s *Service) freshForm(ctx context.Context, acc, code, key string) (f form, err error) {
	if f.def, err = s.Catalogue.Current(ctx, code); err != nil {
		return f, err
	}
	f.draft = eform.Draft{Account: acc, ID: key, Form: code, Version: strconv.Itoa(f.def.Version), Answers: eform.Answers{}}
	f.fresh = true
	return f, s.learn(ctx, acc, &f)
}

// learn reads what is known of the person, when the form takes something of
// it, and looks at the answers with it.
func (s *Service) learn(ctx context.Context, acc string, f *form) (err error) {
	if f.def.Compiled.UsesFacts() {
		if f.facts, err = s.Facts(ctx, acc); err != nil {
			return fmt.Errorf("reading what is known of %s: %w", acc, err)
		}
	}
	f.state = s.look(*f, f.draft.Answers)
	return nil
}

// start stores the beginning of a fresh form; one that was begun is left as it
// is.
func (s *Service) start(ctx context.Context, acc, session string, f *form) (err error) {
	if !f.fresh {
		return nil
	}
	f.draft, err = s.Forms.Start(ctx, person(acc, session), acc, eform.Beginning{ID: f.draft.ID, Form: f.draft.Form, Version: f.draft.Version})
	if err != nil {
		return err
	}
	if !f.draft.Sent.IsZero() {
		return eform.ErrSent
	}
	f.fresh = false
	f.state = s.look(*f, f.draft.Answers)
	return nil
}

// copyToDraft begins a draft with the answers of an application, at the version
// of the service that is offered now.
func (s *Service) copyToDraft(ctx context.Context, acc, session string, a Application) (eform.Draft, error) {
	def, err := s.Catalogue.Current(ctx, a.Service)
	if err != nil {
		return eform.Draft{}, err
	}
	answers, err := s.store.answers(ctx, s.DB, acc, a.ID)
	if err != nil {
		return eform.Draft{}, fmt.Errorf("reading the answers of %s: %w", a.ID, err)
	}
	return s.Forms.Start(ctx, person(acc, session), acc, eform.Beginning{Form: def.Code, Version: strconv.Itoa(def.Version), Answers: answers})
}

// Unsent is a draft in a list.
type Unsent struct {
	ID      string
	Title   i18n.Words // of the service
	Updated time.Time
	Path    string // of the step to go on with
}

// Drafts returns the account's drafts that were not sent, the latest first, at
// most limit, for pages that show a few.
func (s *Service) Drafts(ctx context.Context, acc string, limit int) ([]Unsent, error) {
	return s.drafts(ctx, acc, limit)
}

func (s *Service) drafts(ctx context.Context, acc string, limit int) (all []Unsent, err error) {
	page, err := s.Forms.Drafts(ctx, acc, "", limit)
	if err != nil {
		return nil, err
	}
	services, err := s.Catalogue.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range page.Drafts {
		card, ok := services.Card(d.Form)
		if !ok {
			continue // no longer offered, so it cannot be sent
		}
		step := d.Step
		if step == "" {
			step = firstStep
		}
		all = append(all, Unsent{d.ID, card.Title, d.Updated, draftPath(d.ID, step)})
	}
	return all, nil
}

// firstStep stands in an address for whichever step is the first.
const firstStep = "start"

// draftOf returns the account's latest draft for a service, "" when there is
// none.
func (s *Service) draftOf(ctx context.Context, acc, service string) (eform.Draft, error) {
	page, err := s.Forms.Drafts(ctx, acc, "", eform.MaxDrafts)
	if err != nil {
		return eform.Draft{}, err
	}
	if i := slices.IndexFunc(page.Drafts, func(d eform.Draft) bool { return d.Form == service }); i >= 0 {
		return page.Drafts[i], nil
	}
	return eform.Draft{}, nil
}

func draftPath(draft, page string) string { return "/applications/new/" + draft + "/" + page }

// direct reports whether a form is sent from its only step, without looking the
// answers over on a page of its own.
func (f form) direct() bool {
	return f.def.Signing == catalogue.SignNone && len(f.def.Form.Steps) == 1 && !f.state.HasFiles(f.def.Form.Steps[0].ID.Value)
}

// grouped reports whether a form has rows, whose keys only a draft knows.
func (f form) grouped() bool {
	for _, step := range f.def.Form.Steps {
		if slices.ContainsFunc(step.Fields, func(field eform.Field) bool { return field.Kind == eform.Group }) {
			return true
		}
	}
	return false
}

// first is the ID of the form's first step.
func (f form) first() string {
	if steps := f.state.Steps(); len(steps) > 0 {
		return steps[0].ID.Value
	}
	return ""
}

func quick(def *catalogue.Definition) bool { return def.Term.Unit == catalogue.Minutes }
