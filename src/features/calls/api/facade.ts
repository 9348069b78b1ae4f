/** Calls of a node in this process: the api over `Requests` and `Responders`. */
import type { Facade } from '../../../kit/feature.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { Call, RequestOptions, RespondOptions } from '../api.ts';
import type { Calls } from '../core/calls.ts';
import type { CallsFeatureShape } from '../shape.ts';
import { Requests } from './requests.ts';
import { Responders } from './responders.ts';
import { hiddenService, type Service } from './service.ts';

export function callsFacade(node: NodePorts<CallsFeatureShape, Calls>): Facade<CallsFeatureShape> {
  const requests = new Requests(node);
  const responders = new Responders(node);
  return {
    api: {
      request<Input, Output>(
        service: Service<Input, Output> | string,
        input: Input,
        options?: RequestOptions,
      ) {
        try {
          node.checkOpen();
          const asked = service as Service<never, unknown> | string;
          return requests.request(asked, input, options) as Promise<Output>;
        } catch (error) {
          // Without the promise that `async` would add to each request.
          return Promise.reject(error as Error);
        }
      },
      respond<Input, Output>(
        service: Service<Input, Output> | string,
        handler: (call: Call<Input>) => Output | Promise<Output>,
        options?: RespondOptions,
      ) {
        node.checkOpen();
        const given = service as Service<never, unknown> | string;
        return responders.respond(given, handler as (call: Call) => unknown, options);
      },
    },
    shared: {
      request: (service, to, input, options) =>
        requests.request(hiddenService(service), input, { ...options, to }),
      answer: (service, handler) => responders.answerHidden(hiddenService(service), handler),
    },
    event(event) {
      if (event.type === 'outcomes') requests.concluded(event.outcomes);
      else responders.handle(event);
    },
    resumed: () => responders.resume(),
    drain: (idle) => responders.drain(idle),
    end: (error) => requests.end(error),
  };
}
