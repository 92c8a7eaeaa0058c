import { signatureHeaders } from './callback-signature';

describe('signatureHeaders', () => {
  it("make the signature of the standard's own example", () => {
    // https://github.com/standard-webhooks/standard-webhooks, the example of its reference libraries.
    expect(
      signatureHeaders(
        'msg_p5jXN8AQM9LWM0D4loKWxJek',
        '{"test": 2432232314}',
        'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
        1_614_265_330_999,
      ),
    ).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });
});
