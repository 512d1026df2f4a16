package app

import (
	"context"
	"strings"

	"kabinet/internal/application"
	"kabinet/internal/audit"
	"kabinet/internal/catalogue"
	"kabinet/internal/eform"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/proofing"
	"kabinet/internal/register"
	"kabinet/internal/register/tax"
)

// level tells the catalogue what an account may apply for.
func (a *App) level(ctx context.Context, id string) (catalogue.Level, error) {
	acc, err := a.accounts.Account(ctx, id)
	return catalogue.Level(acc.Opens()), err
}

// draft tells the catalogue of an application that the person began.
func (a *App) draft(ctx context.Context, account, code string) (*catalogue.Draft, error) {
	page, err := a.forms.Drafts(ctx, account, "", 50)
	if err != nil {
		return nil, err
	}
	for _, d := range page.Drafts {
		if d.Form == code {
			return &catalogue.Draft{Href: "/services/" + code + "/apply", Saved: d.Updated}, nil
		}
	}
	return nil, nil
}

// facts tells forms what the portal knows of a person.
func (a *App) facts(ctx context.Context, account string) (eform.Facts, error) {
	known, err := a.people.Prefill(ctx, account)
	if err != nil {
		return nil, err
	}
	facts := eform.Facts{}
	for path, v := range known {
		facts[path] = v.Value
	}
	return facts, nil
}

// connectors are the registers that decide applications, by the name that
// definitions use. One that is not configured is left out: its services go to
// clerks.
func (a *App) connectors() map[string]application.Connector {
	all := map[string]application.Connector{}
	if a.cfg.Tax.URL != "" {
		all[application.ConnectorIncome] = application.Income(tax.New(register.Config{URL: a.cfg.Tax.URL, Token: a.cfg.Tax.Token.Reveal(), Timeout: a.cfg.Tax.Timeout}))
	}
	return all
}

// actorName tells a person who of an agency did something with their data.
func (a *App) actorName(ctx context.Context, by audit.Actor, agency string) string {
	member, err := a.staff.Member(ctx, by.ID)
	if err != nil {
		return ""
	}
	name := member.Name
	if c, err := a.catalogue.Catalogue(ctx); err == nil && agency != "" {
		if short := c.Agency(agency).Short; short != (i18n.Words{}) {
			name += ", " + short.In(ctx)
		}
	}
	return name
}

// objectLink is the page about what a line of the log concerns.
func objectLink(object string) string {
	kind, id, _ := strings.Cut(object, "/")
	if kind == "outside" {
		return "/settings/outside"
	}
	if kind == "application" {
		id, _, _ = strings.Cut(id, "/")
		return "/applications/" + id
	}
	if kind == "consent" {
		return "/settings/consents/" + id
	}
	if kind == "person" {
		return "/profile/history"
	}
	if kind == "proofing" {
		return proofing.Path + "/requests/" + id
	}
	return ""
}
