package outside

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/outside/call"
	"kabinet/internal/outside/esia"
	"kabinet/internal/outside/jwt"
	"kabinet/internal/outside/oidc"
	"kabinet/internal/person"
	"kabinet/internal/person/ident"
	"kabinet/internal/platform/i18n"
)

// Provider is somebody who says who people are.
type Provider struct {
	ID    string // in addresses: lower-case Latin letters, digits, hyphens
	Kind  Kind
	Title i18n.Words
	Icon  string
	Level account.Level // what its word raises an account to at most; "" for nothing
	gate  gate
	scan  *oidc.Client // signs in by a second device; nil when it cannot
}

// gives tells how far an account opens that is made through this provider.
func (p Provider) gives() i18n.Text {
	switch {
	case p.Kind == ESIA:
		return i18n.K("outside.gives_esia")
	case p.Level == "":
		return i18n.K("outside.gives_simplified")
	}
	return i18n.K("outside.gives_" + string(p.Level))
}

// gate is a protocol that providers speak.
type gate interface {
	// begin returns the address to send the person to.
	begin(ctx context.Context, t trip, redirect string) (string, error)
	// finish turns what the person brought back into what the provider says.
	finish(ctx context.Context, t trip, redirect string, back url.Values) (Said, error)
}

// trip is a person on the way to a provider and back; it travels sealed in a
// cookie of the browser that left.
type trip struct {
	Provider string    `json:"p"`
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	Next     string    `json:"x,omitempty"`
	Hint     string    `json:"-"`
	Until    time.Time `json:"u"`
}

// relying is a provider of OpenID Connect, and what its word is worth.
type relying struct {
	client  *oidc.Client
	claims  map[string]string // ours → the provider's
	vouches []string          // contacts: phone, email
	strong  []string          // values of amr that stand for a second step
	level   account.Level
}

func (g *relying) begin(ctx context.Context, t trip, redirect string) (string, error) {
	return g.client.AuthURL(ctx, oidc.Request{State: t.State, Nonce: t.Nonce, Verifier: t.Verifier, Redirect: redirect, Hint: t.Hint})
}

func (g *relying) finish(ctx context.Context, t trip, redirect string, back url.Values) (Said, error) {
	if code := back.Get("error"); code != "" {
		return Said{}, oidc.Denied(code)
	}
	claims, err := g.client.Finish(ctx, oidc.Return{Code: back.Get("code"), Issuer: back.Get("iss"), Nonce: t.Nonce, Verifier: t.Verifier, Redirect: redirect})
	if err != nil {
		return Said{}, err
	}
	return g.said(claims)
}

// names are what the portal asks for and how OpenID Connect calls it, or, where
// it has no name, how providers of this country do.
func names() map[string]string {
	return map[string]string{
		"surname": "family_name", "name": "given_name", "patronymic": "middle_name", "birth_date": "birthdate", "sex": "gender",
		"phone": "phone_number", "email": "email", "phone_verified": "phone_number_verified", "email_verified": "email_verified", "address": "address.formatted",
		"snils": "snils", "inn": "inn", "passport_series": "passport.series", "passport_number": "passport.number", "passport_issued_on": "passport.issued_on",
		"passport_issued_by": "passport.issued_by", "division_code": "passport.division_code",
	}
}

// said reads the claims. What is not in the form it must have is left out.
func (g *relying) said(c oidc.Claims) (Said, error) {
	text := func(ours string) string { return c.Text(g.claims[ours]) }
	s := Said{Subject: c.Text("sub"), Level: g.level}
	p := &s.Person
	p.Surname, p.Name, p.Patronymic = properName(text("surname")), properName(text("name")), properName(text("patronymic"))
	p.BirthDate, p.PassportIssuedOn = day(text("birth_date")), day(text("passport_issued_on"))
	p.Sex, p.Address = sex(text("sex")), clipped(text("address"))
	p.SNILS, _ = ident.ParseSNILS(text("snils"))
	p.INN, _ = ident.ParsePersonINN(text("inn"))
	p.PassportSeries, p.PassportNumber, _ = ident.ParsePassport(text("passport_series"), text("passport_number"))
	p.PassportIssuedBy = clipped(text("passport_issued_by"))
	p.DivisionCode, _ = ident.ParseDivisionCode(text("division_code"))
	if p.Surname == "" && p.Name == "" {
		return s, fmt.Errorf("%w: it does not name the person", jwt.ErrToken)
	}
	if s.Level == account.Confirmed || s.Level == account.Standard {
		p.Verified = vouched(*p)
	}
	if confirmed, told := c.Truth(g.claims["phone_verified"]); slices.Contains(g.vouches, "phone") && (confirmed || !told) {
		s.Phone, _ = account.ParsePhone(text("phone"))
	}
	if confirmed, told := c.Truth(g.claims["email_verified"]); slices.Contains(g.vouches, "email") && (confirmed || !told) {
		s.Email, _ = account.ParseEmail(text("email"))
	}
	s.Strong = slices.ContainsFunc(c.Texts("amr"), func(m string) bool { return slices.Contains(g.strong, m) })
	return s, nil
}

// properName returns a name that a person can have, "" for what is none.
func properName(s string) string {
	if s == "" || len(s) > 400 || !account.CheckName(s).IsZero() {
		return ""
	}
	return s
}

// clipped leaves out what no form would have taken.
func clipped(s string) string {
	if len(s) > 1000 {
		return ""
	}
	return s
}

// day reads 1991-03-14 and 14.03.1991, and returns the first form.
func day(s string) string {
	for _, layout := range []string{time.DateOnly, "02.01.2006"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1900 {
			return t.Format(time.DateOnly)
		}
	}
	return ""
}

func sex(s string) person.Sex {
	switch s {
	case "female", "f", "F", "2":
		return person.Female
	case "male", "m", "M", "1":
		return person.Male
	}
	return ""
}

// told turns an error of a protocol into what a person is told, and the log into
// what an operator needs.
func told(ctx context.Context, provider string, err error) error {
	slog.WarnContext(ctx, "outside sign-in failed", "provider", provider, "err", err)
	if e := (*esia.Error)(nil); errors.As(err, &e) {
		return refusedBy(e)
	}
	for _, known := range []struct{ is, say error }{
		{ErrChild, ErrChild}, {esia.ErrState, ErrAnswer},
		{oidc.ErrDenied, ErrDenied}, {oidc.ErrOver, ErrOver}, {oidc.ErrForeign, ErrAnswer}, {jwt.ErrToken, ErrAnswer}, {call.ErrDown, ErrDown},
	} {
		if errors.Is(err, known.is) {
			return known.say
		}
	}
	return err
}
