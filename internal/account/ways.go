package account

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"kabinet/internal/platform/i18n"
)

// WayIn is a way to sign in, or to register, beside the password: one of a
// feature that comes later. The pages of sign-in and registration list them.
type WayIn struct {
	Text  i18n.Text // «Электронная подпись», on the button
	Icon  string
	Order int // smaller stands first: ways of the portal itself 10…29, of the state 30…49, of others 50…
	// Href is the page where it begins, "" when it cannot sign in. The page gets
	// the path to go on to as the query "next", if there is one.
	Href string
	// Register is the page where a registration begins, "" when it cannot
	// register. Then Needs tells what it takes, Gives what it opens.
	Register     string
	Needs, Gives i18n.Text
	// Settings is the page of the settings of such ways, "" when there is none.
	// Then Needs tells what it is about.
	Settings string
}

// Orders of the ways of this package; those of others stand between them.
const (
	orderPhoneCode = 10
	orderEmail     = 15
	OrderPasskey   = 20
	OrderSignature = 30
	OrderESIA      = 40
	OrderOutside   = 50 // and on
	OrderCentre    = 90
)

// waysIn are the ways to sign in that can be used now, each leading on to next.
func (s *Service) waysIn(ctx context.Context, next string) (list []WayIn) {
	for _, w := range s.allWays(ctx) {
		if w.Href == "" {
			continue
		}
		w.Href = withQuery(w.Href, "next", next)
		list = append(list, w)
	}
	return list
}

// waysToRegister are the ways to register beside the phone.
func (s *Service) waysToRegister(ctx context.Context) (list []WayIn) {
	for _, w := range s.allWays(ctx) {
		if w.Register != "" {
			list = append(list, w)
		}
	}
	return list
}

// waysSet are the ways that the person sets up on a page of another feature.
func (s *Service) waysSet(ctx context.Context) (list []WayIn) {
	for _, w := range s.allWays(ctx) {
		if w.Settings != "" {
			list = append(list, w)
		}
	}
	return list
}

func (s *Service) allWays(ctx context.Context) []WayIn {
	list := []WayIn{{Text: i18n.K("account.phone_code"), Icon: "smartphone", Order: orderPhoneCode, Href: "/login/phone"}}
	if s.Mails() {
		list = append(list, WayIn{Text: i18n.K("account.register_email"), Icon: "mail", Order: orderEmail, Register: "/register/email",
			Needs: i18n.K("account.register_email_needs"), Gives: i18n.K("account.register_email_gives")})
	}
	if s.ways != nil {
		list = append(list, s.ways(ctx)...)
	}
	slices.SortStableFunc(list, func(a, b WayIn) int { return cmp.Compare(a.Order, b.Order) })
	return list
}

// withQuery returns path with those of the name, value pairs that have a value.
func withQuery(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
