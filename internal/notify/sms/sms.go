// Package sms sends text messages through a gateway.
//
// Protocol: POST {URL}/sms/send, bearer token, JSON {id, to, text}; 202 {id,
// state}. The gateway takes a second message with the same id for the first
// one again, so a sending whose answer was lost can be repeated.
package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kabinet/internal/platform/fault"
)

// Errors of Send.
var (
	// ErrUnavailable: no answer, or none that can be trusted. Try again later with the same id.
	ErrUnavailable = fault.New(fault.Unavailable, "notify.sms_unavailable")
	// ErrRefused: the gateway will never take this message, or not our token.
	ErrRefused = errors.New("sms gateway: message refused")
)

// maxAnswer is the longest answer that is read, in bytes.
const maxAnswer = 64 << 10

// Config of a client.
type Config struct {
	URL     string        // of the gateway, without a path: https://sms.example.test
	Token   string        // bearer token
	Timeout time.Duration // of one message; 0: 10 s
}

// Client sends messages. Its methods may be called at once.
type Client struct {
	url   string
	token string
	http  http.Client
}

// New returns a client.
func New(c Config) *Client {
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	return &Client{
		url: strings.TrimRight(c.URL, "/") + "/sms/send", token: c.Token,
		http: http.Client{
			Timeout: c.Timeout,
			// The token goes to the gateway and nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

type message struct {
	ID   string `json:"id"`
	To   string `json:"to"`
	Text string `json:"text"`
}

// Send hands a message to the gateway. id is the sender's, up to 100
// characters, to is a phone in E.164. It returns ErrUnavailable or ErrRefused;
// neither tells the phone or the text.
func (c *Client) Send(ctx context.Context, id, to, text string) error {
	if err := c.send(ctx, message{id, to, text}); err != nil {
		return fmt.Errorf("sending sms %s: %w", id, err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, m message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err // the address is in the configuration
		}
		return fmt.Errorf("%w (%w)", ErrUnavailable, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	var taken struct {
		ID string `json:"id"`
	}
	switch {
	case err != nil:
		return fmt.Errorf("%w (%w)", ErrUnavailable, err)
	case resp.StatusCode >= 400 && resp.StatusCode < 500 &&
		resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusRequestTimeout:
		return fmt.Errorf("%w with status %d", ErrRefused, resp.StatusCode)
	case resp.StatusCode != http.StatusAccepted:
		return fmt.Errorf("%w (status %d)", ErrUnavailable, resp.StatusCode)
	case json.Unmarshal(answer, &taken) != nil || taken.ID != m.ID:
		return fmt.Errorf("%w (the answer is not to this message)", ErrUnavailable)
	}
	return nil
}
