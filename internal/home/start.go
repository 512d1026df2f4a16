package home

import (
	"context"
	"fmt"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/application"
	"kabinet/internal/platform/i18n"
)

// startFor is how long after the registration the first page shows the first
// steps; their own page is there always.
const startFor = 30 * 24 * time.Hour

// testService is a service that answers by itself: sending it shows that the
// account works and that messages arrive.
const testService = "income-certificate"

// first is one of the first steps with a new account.
type first struct {
	name string // its texts: home.start_NAME, home.start_NAME_text
	href string
	done bool
}

func (f first) title() i18n.Text { return i18n.K("home.start_" + f.name) }

// text says what the step is for, or how far the test application is.
func (f first) text() i18n.Text { return i18n.K("home.start_" + f.name + "_text") }

// steps are the first steps of an account, each as it stands now.
type steps struct {
	list   []first
	hidden bool
}

func (s steps) done() (n int) {
	for _, f := range s.list {
		if f.done {
			n++
		}
	}
	return n
}

// look finds out how it stands with a step.
type look func(ctx context.Context, acc string, a account.Account) (first, error)

// looks finds out about each step, in their order. Source: A-22.
func (s *Service) looks() []look {
	return []look{
		func(_ context.Context, _ string, a account.Account) (first, error) {
			return first{"contacts", "/settings/contacts", a.Phone && a.Email}, nil
		},
		func(_ context.Context, _ string, a account.Account) (first, error) {
			return first{"security", "/settings/second", a.NeedsSecond()}, nil
		},
		func(ctx context.Context, acc string, _ account.Account) (first, error) {
			known, err := s.knownDevice(ctx, acc)
			return first{"device", "/settings/security", known}, err
		},
		func(ctx context.Context, acc string, _ account.Account) (first, error) {
			agreed, err := s.agreed(ctx, acc)
			return first{"consents", "/settings/consents", agreed}, err
		},
		func(ctx context.Context, acc string, _ account.Account) (first, error) {
			p, err := s.People.Person(ctx, acc)
			return first{"profile", "/profile/personal", p.Complete()}, err
		},
		func(_ context.Context, _ string, a account.Account) (first, error) {
			return first{"identity", s.Identity, a.Level == account.Confirmed}, nil
		},
		func(ctx context.Context, acc string, _ account.Account) (first, error) { return s.test(ctx, acc) },
	}
}

// steps tells how far somebody is with a new account.
func (s *Service) steps(ctx context.Context, acc string) (all steps, err error) {
	set, err := s.People.Settings(ctx, acc)
	if err != nil {
		return all, err
	}
	a, err := s.Accounts.Account(ctx, acc)
	if err != nil {
		return all, err
	}
	all.hidden = set.HideStart
	for _, look := range s.looks() {
		f, err := look(ctx, acc, a)
		if err != nil {
			return all, err
		}
		all.list = append(all.list, f)
	}
	return all, nil
}

// knownDevice reports whether a device or a passkey is tied to the account.
func (s *Service) knownDevice(ctx context.Context, acc string) (bool, error) {
	devices, err := s.Accounts.TrustedDevices(ctx, acc)
	if err != nil || len(devices) > 0 {
		return len(devices) > 0, err
	}
	keys, err := s.Accounts.Passkeys(ctx, acc)
	return len(keys) > 0, err
}

// agreed reports whether nothing is left to be answered among the consents that
// services need.
func (s *Service) agreed(ctx context.Context, acc string) (bool, error) {
	asked, err := s.Consents.Asked(ctx, acc)
	if err != nil {
		return false, err
	}
	for _, one := range asked {
		if one.Changed || !one.Given && (one.Required || one.Purpose == account.ConsentSignature) {
			return false, nil
		}
	}
	return true, nil
}

// test is the step of the first application: done when one was answered.
func (s *Service) test(ctx context.Context, acc string) (first, error) {
	f := first{name: "test", href: "/services"}
	all, err := s.Applications.Latest(ctx, acc, applicationsRead)
	if err != nil {
		return f, fmt.Errorf("reading applications: %w", err)
	}
	for _, a := range all {
		switch {
		case a.Status == application.Done:
			return first{name: "test", href: "/applications/" + a.ID, done: true}, nil
		case !a.Status.Final():
			f = first{name: "test_sent", href: "/applications/" + a.ID}
		}
	}
	if f.name == "test" {
		services, err := s.Catalogue.Catalogue(ctx)
		if err != nil {
			return f, err
		}
		if _, ok := services.Card(testService); ok {
			f.href += "/" + testService
		}
	}
	return f, nil
}

// nextStep returns the first step to do for the first page, nil for an account
// that is older, put the steps away, or went through them. It looks no further
// than that step.
func (s *Service) nextStep(ctx context.Context, acc string) (*first, error) {
	a, err := s.Accounts.Account(ctx, acc)
	if err != nil || s.Now().Sub(a.Created) > startFor || a.Staff {
		return nil, err
	}
	set, err := s.People.Settings(ctx, acc)
	if err != nil || set.HideStart {
		return nil, err
	}
	for _, look := range s.looks() {
		f, err := look(ctx, acc, a)
		if err != nil {
			return nil, err
		}
		if !f.done {
			return &f, nil
		}
	}
	return nil, nil
}
