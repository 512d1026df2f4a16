package app

import (
	"kabinet/internal/account"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

// contactsBanner reminds of the contact that is missing, or asks now and then
// whether they are right. Members of staff work without an address.
func (a *App) contactsBanner(acc account.Account) web.Banner {
	const page = "/settings/contacts"
	switch {
	case acc.Staff:
		return web.Banner{}
	case !acc.Phone:
		return web.Banner{Text: i18n.K("account.banner_phone"), Link: i18n.K("account.banner_add"), Href: page}
	case !acc.Email:
		return web.Banner{Text: i18n.K("account.banner_email"), Link: i18n.K("account.banner_add"), Href: page}
	case acc.AskContacts(a.now()):
		return web.Banner{Text: i18n.K("account.banner_check"), Link: i18n.K("account.banner_look"), Href: page}
	}
	return web.Banner{}
}
