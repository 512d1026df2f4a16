// Package post orders letters on paper at the post office.
//
// Protocol: POST {URL}/post/v1/letters, bearer token, JSON both ways; 202 with
// the state of the letter. The ID is an idempotency key: an order that is
// repeated is one letter.
package post

import (
	"context"

	"kabinet/internal/platform/fault"
	"kabinet/internal/register"
)

// ErrUnavailable: no answer, or none that can be trusted. Try again later with the same ID.
var ErrUnavailable = fault.New(fault.Unavailable, "register.post_unavailable")

// Client orders letters. Its methods may be called at once.
type Client struct{ partner *register.Partner }

// New returns a client.
func New(c register.Config) *Client {
	return &Client{register.NewPartner("post office", c, ErrUnavailable)}
}

// Letter is what is printed, and where it is carried.
type Letter struct {
	ID      string `json:"id"` // up to 100 characters
	Name    string `json:"name"`
	Address string `json:"address"`
	Text    string `json:"text"`
}

// Send orders a letter. It returns ErrUnavailable and register.ErrRefused.
func (c *Client) Send(ctx context.Context, l Letter) error {
	var answer struct {
		ID string `json:"id"`
	}
	flaw := func() string {
		if answer.ID != l.ID {
			return "it is about another letter"
		}
		return ""
	}
	return c.partner.Ask(ctx, register.Question{ID: l.ID, Path: "/post/v1/letters", Body: l, Flaw: flaw}, &answer)
}
