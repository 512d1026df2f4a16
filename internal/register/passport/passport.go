// Package passport asks the passport register whether a passport is valid and
// whose it is.
//
// Protocol: POST {URL}/passport/v1/checks, bearer token, JSON both ways. 200
// with a status (see register.Verdict), 422 to a request that makes no sense.
package passport

import (
	"context"

	"kabinet/internal/platform/fault"
	"kabinet/internal/register"
)

// ErrUnavailable: no answer, or none that can be trusted. Try again later.
var ErrUnavailable = fault.New(fault.Unavailable, "register.passport_unavailable")

// Client asks the register. Its methods may be called at once.
type Client struct{ partner *register.Partner }

// New returns a client.
func New(c register.Config) *Client {
	return &Client{register.NewPartner("passport register", c, ErrUnavailable)}
}

// Check asks about the passport of s; the СНИЛС is not sent. request is an ID
// made by the caller. It returns ErrUnavailable and register.ErrRefused.
func (c *Client) Check(ctx context.Context, request string, s register.Subject) (register.Check, error) {
	s.SNILS = ""
	return c.partner.Check(ctx, "/passport/v1/checks", request, s)
}
