package account

import (
	"context"
	"testing"

	"kabinet/internal/platform/i18n"
)

// Proves
func TestWaysOfOtherFeaturesStandOnSignInAndRegistration(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Service.ways = func(context.Context) []WayIn {
		return []WayIn{
			{Text: i18n.K("account.phone"), Href: "/second", Order: OrderESIA},
			{Text: i18n.K("account.email"), Href: "/first", Order: OrderSignature, Register: "/first/new", Needs: i18n.K("account.code"), Gives: i18n.K("account.confirm")},
		}
	}
	b := s.browser(t)
	b.get("/login?next=/services")
	var hrefs []string
	for _, a := range b.all("main nav a.ds-button") {
		hrefs = append(hrefs, attr(a, "href"))
	}
	if len(hrefs) != 2 || hrefs[0] != "/first?next=%2Fservices" || hrefs[1] != "/second?next=%2Fservices" {
		t.Errorf("ways lead to %q", hrefs)
	}
	b.get("/register").says("По номеру телефона").says("Код из 6 цифр").says("Подтвердить")
	if got := b.all(`a[href="/first/new"]`); len(got) != 1 {
		t.Errorf("%d ways to register are offered", len(got))
	}
	b.send("phone", "8 900 000 12 34").at(200, "/register/.*/code")
}
