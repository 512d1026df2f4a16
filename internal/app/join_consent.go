package app

import (
	"kabinet/internal/consent"
	"kabinet/internal/platform/i18n"
)

// openConsents makes the feature of consents.
func (a *App) openConsents() (err error) {
	a.consents, err = consent.New(consent.Options{DB: a.db, Keys: a.keys, Now: a.now, Accounts: a.accounts, Notices: a.notices,
		Operator: i18n.Words{RU: a.cfg.Region.OperatorRU, EN: a.cfg.Region.OperatorEN}})
	return err
}
