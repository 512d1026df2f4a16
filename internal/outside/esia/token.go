package esia

import (
	"fmt"
	"slices"

	"kabinet/internal/outside/jwt"
)

// identity are the claims of an ID token.
type identity struct {
	jwt.Times
	Issuer   string    `json:"iss"`
	Subject  number    `json:"sub"`
	Audience jwt.Texts `json:"aud"`
	Methods  jwt.Texts `json:"amr"`
	Holder   struct {
		Type    string `json:"urn:esia:sbj:typ"`
		Trusted bool   `json:"urn:esia:sbj:is_tru"`
		Level   string `json:"urn:esia:sbj:lvl"`
		OID     number `json:"urn:esia:sbj:oid"`
	} `json:"urn:esia:sbj"`
}

// access are the claims of an access token.
type access struct {
	jwt.Times
	Issuer  string `json:"iss"`
	Client  string `json:"client_id"`
	Subject number `json:"urn:esia:sbj_id"`
}

// kindAccess is what the header of an access token says in "sbt".
const kindAccess = "access"

// tokens checks both tokens of an answer: by whom, for whom, of whom, from when
// to when. It returns jwt.ErrToken.
func (c *Client) tokens(t answer) (identity, error) {
	var who identity
	h, err := jwt.Open(t.ID, c.cfg.Algs, c.cfg.Keys, &who)
	if err != nil {
		return who, err
	}
	if err := who.Check(c.now()); err != nil {
		return who, err
	}
	bad := func(why string) error { return fmt.Errorf("%w: %s", jwt.ErrToken, why) }
	switch {
	case h.Sbt == kindAccess:
		return who, bad("it is for another purpose")
	case who.Issuer != c.cfg.Issuer:
		return who, bad("somebody else made it")
	case !slices.Contains(who.Audience, c.cfg.ClientID):
		return who, bad("it is another system's")
	case who.Subject == "" || who.Subject != who.Holder.OID:
		return who, bad("it does not say whose it is")
	case who.Holder.Type != "P":
		return who, bad("it is not of a person")
	}
	var a access
	h, err = jwt.Open(t.Access, c.cfg.Algs, c.cfg.Keys, &a)
	if err != nil {
		return who, err
	}
	if err := a.Check(c.now()); err != nil {
		return who, err
	}
	if h.Sbt != kindAccess || a.Issuer != c.cfg.Issuer || a.Client != c.cfg.ClientID || a.Subject != who.Subject {
		return who, bad("the access token does not belong to it")
	}
	return who, nil
}
