package app

import (
	"kabinet/internal/account"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/proofing"
	"kabinet/internal/register"
	"kabinet/internal/register/passport"
	"kabinet/internal/register/pension"
	"kabinet/internal/register/post"
	"kabinet/internal/register/tax"
)

// openProofing makes the feature that finds out who people are.
func (a *App) openProofing() {
	o := proofing.Options{DB: a.db, Keys: a.keys, Now: a.now, Location: a.location, Limits: a.limits, Texts: a.texts, Accounts: a.accounts, People: a.people,
		Documents: a.documents, Notices: a.notices, Staff: a.staff, PublicURL: a.publicURL(), Ways: a.proofingWays()}
	if a.cfg.Passport.URL != "" {
		o.Passport = passport.New(a.cfg.Passport.partner())
	}
	if a.cfg.Pension.URL != "" {
		o.Pension = pension.New(a.cfg.Pension.partner())
	}
	if a.cfg.Tax.URL != "" {
		o.Tax = tax.New(Register(a.cfg.Tax).partner())
	}
	if a.cfg.Post.URL != "" {
		o.Post = post.New(a.cfg.Post.partner())
	}
	a.proofing = proofing.New(o)
	a.people.OnReview(a.proofing.Review)
	a.people.OnUnproved(a.proofing.Unproved)
}

func (r Register) partner() register.Config {
	return register.Config{URL: r.URL, Token: r.Token.Reveal(), Timeout: r.Timeout}
}

// proofingWays are the ways of other features to prove who one is, in the order
// of the page.
func (a *App) proofingWays() []proofing.Way {
	return append(a.outsideWays(), centreWay(), signatureWay(), videoWay())
}

// outsideWays are the outside sign-ins whose word confirms an account.
func (a *App) outsideWays() (list []proofing.Way) {
	for _, p := range a.outside.Providers() {
		if p.Level != account.Confirmed {
			continue
		}
		list = append(list, proofing.Way{Code: p.ID, Icon: p.Icon, Href: "/settings/outside/" + p.ID, Gives: account.Confirmed, Needs: account.Simplified,
			Title: i18n.Text{Words: p.Title}, Text: i18n.K("proofing.way_outside"), Takes: i18n.K("outside.needs_" + string(p.Kind))})
	}
	return list
}
