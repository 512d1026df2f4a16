// Package pension asks the pension register whose СНИЛС a number is.
//
// Protocol: POST {URL}/pension/v1/insured, bearer token, JSON both ways. 200
// with a status (see register.Verdict), 422 to a request that makes no sense.
package pension

import (
	"context"

	"kabinet/internal/platform/fault"
	"kabinet/internal/register"
)

// ErrUnavailable: no answer, or none that can be trusted. Try again later.
var ErrUnavailable = fault.New(fault.Unavailable, "register.pension_unavailable")

// Client asks the register. Its methods may be called at once.
type Client struct{ partner *register.Partner }

// New returns a client.
func New(c register.Config) *Client {
	return &Client{register.NewPartner("pension register", c, ErrUnavailable)}
}

// Check asks about the СНИЛС of s; the passport is not sent. request is an ID
// made by the caller. It returns ErrUnavailable and register.ErrRefused.
func (c *Client) Check(ctx context.Context, request string, s register.Subject) (register.Check, error) {
	return c.partner.Check(ctx, "/pension/v1/insured", request,
		register.Subject{Surname: s.Surname, Name: s.Name, Patronymic: s.Patronymic, BirthDate: s.BirthDate, SNILS: s.SNILS})
}
