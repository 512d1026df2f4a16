package app

import (
	"context"

	"kabinet/internal/account"
	"kabinet/internal/centre"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/proofing"
)

// openCentre makes the desk of service centres.
func (a *App) openCentre() {
	a.centre = centre.New(centre.Options{DB: a.db, Keys: a.keys, Now: a.now, Limits: a.limits, Texts: a.texts, Location: a.location, PublicURL: a.publicURL(),
		Accounts: a.accounts, People: a.people, Staff: a.staff, Documents: a.documents, Notices: a.notices, Proofing: a.proofing, Agency: a.agencyName})
}

// agencyName names an agency, zero when it is not known.
func (a *App) agencyName(ctx context.Context, code string) i18n.Words {
	c, err := a.catalogue.Catalogue(ctx)
	if err != nil {
		return i18n.Words{}
	}
	return c.Agency(code).Name
}

// centreWay is the way to prove who one is at a desk; the contacts tell where
// the desks are and when they are open.
func centreWay() proofing.Way {
	return proofing.Way{Code: "centre", Icon: "building-2", Href: "/contacts", Gives: account.Confirmed, Needs: account.Simplified,
		Title: i18n.K("centre.way"), Text: i18n.K("centre.way_text"), Takes: i18n.K("centre.way_takes")}
}
