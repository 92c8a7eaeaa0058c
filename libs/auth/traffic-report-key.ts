import { SharedKey } from './shared-key';

/** Shortest key accepted, in characters. */
export const MIN_TRAFFIC_REPORT_KEY_LENGTH = 16;

/** The key of the gateways that report traffic: TRAFFIC_REPORT_KEY. */
export class TrafficReportKey extends SharedKey {}
