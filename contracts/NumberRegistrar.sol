// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {INumberRegistrar} from "./interfaces/INumberRegistrar.sol";
import {INumberRegistry} from "./interfaces/INumberRegistry.sol";
import {Digits} from "./lib/Digits.sol";

/// @title How a number gets its first owner
/// @notice See INumberRegistrar.
contract NumberRegistrar is INumberRegistrar {
    /// @notice How old a commitment must be when it is revealed.
    /// @return The least age, in seconds: some blocks, so that nobody who sees a reveal can still commit before it.
    uint256 public constant MIN_COMMIT_AGE = 60;
    /// @notice How old a commitment may be when it is revealed.
    /// @return The greatest age, in seconds.
    uint256 public constant MAX_COMMIT_AGE = 86_400;

    uint8 private constant SHORTEST = 5;
    /// Numbers of this many digits and more all cost the same.
    uint8 private constant LONGEST = 10;
    uint256 private constant CAP_FACTOR = 10;

    /// @notice The registry that this contract mints in.
    /// @return The registry.
    INumberRegistry public immutable registry;
    /// @inheritdoc INumberRegistrar
    address public treasury;
    /// @inheritdoc INumberRegistrar
    address public pendingTreasury;
    /// @inheritdoc INumberRegistrar
    mapping(bytes32 commitment => uint256) public committedAt;

    mapping(uint256 digits => uint256) private _prices;

    /// @dev Prices begin at a tenth of their caps. Reverts with ZeroTreasury.
    /// @param registry_ The registry that this contract mints in, once that is linked to it.
    /// @param treasury_ The account that gets the income and sets prices.
    constructor(INumberRegistry registry_, address treasury_) {
        if (treasury_ == address(0)) revert ZeroTreasury();
        registry = registry_;
        treasury = treasury_;
        emit TreasuryChanged(address(0), treasury_);
        for (uint8 digits = SHORTEST; digits <= LONGEST; ++digits) {
            _setPrice(digits, priceCap(digits) / CAP_FACTOR);
        }
    }

    /// @inheritdoc INumberRegistrar
    function commit(bytes32 commitment) external {
        uint256 since = committedAt[commitment];
        // What a validator can shift is seconds; a commitment is kept for a day.
        // slither-disable-next-line timestamp
        if (since != 0 && block.timestamp <= since + MAX_COMMIT_AGE) revert AlreadyCommitted(commitment, since);
        committedAt[commitment] = block.timestamp;
        emit Committed(commitment);
    }

    /// @inheritdoc INumberRegistrar
    function register(uint256 number, address owner, bytes32 secret, uint256 maxPrice) external payable {
        uint256 price = priceOf(number);
        if (price > maxPrice) revert PriceAboveCeiling(price, maxPrice);
        if (msg.value < price) revert Underpaid(price, msg.value);
        bytes32 commitment = makeCommitment(number, owner, secret, maxPrice);
        _useCommitment(commitment);
        emit Registered(number, owner, price, commitment);
        registry.mint(owner, number);
        if (msg.value > price) _refund(msg.value - price);
    }

    /// @inheritdoc INumberRegistrar
    function setPrice(uint8 digits, uint256 price) external {
        _requireTreasury();
        uint256 cap = priceCap(digits);
        if (price > cap) revert PriceAboveCap(digits, price, cap);
        _setPrice(digits, price);
    }

    /// @inheritdoc INumberRegistrar
    function withdraw() external {
        address to = treasury;
        uint256 amount = address(this).balance;
        emit Withdrawn(to, amount);
        // To the treasury, which only its holder passes on. A call, because it may be a contract that needs more than
        // 2,300 gas.
        // slither-disable-next-line arbitrary-send-eth,low-level-calls
        (bool ok,) = to.call{value: amount}("");
        if (!ok) revert WithdrawalFailed(to, amount);
    }

    /// @inheritdoc INumberRegistrar
    function proposeTreasury(address next) external {
        _requireTreasury();
        // Zero takes a proposal back.
        // slither-disable-next-line missing-zero-check
        pendingTreasury = next;
        emit TreasuryProposed(next);
    }

    /// @inheritdoc INumberRegistrar
    function acceptTreasury() external {
        if (msg.sender != pendingTreasury) revert NotPendingTreasury(msg.sender, pendingTreasury);
        emit TreasuryChanged(treasury, msg.sender);
        treasury = msg.sender;
        pendingTreasury = address(0);
    }

    /// @inheritdoc INumberRegistrar
    function makeCommitment(uint256 number, address owner, bytes32 secret, uint256 maxPrice)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), owner, number, secret, maxPrice));
    }

    /// @inheritdoc INumberRegistrar
    function priceOf(uint256 number) public view returns (uint256) {
        return _prices[_priceClass(number)];
    }

    /// @inheritdoc INumberRegistrar
    function priceCap(uint8 digits) public pure returns (uint256) {
        if (digits == 5) return 10 ether;
        if (digits == 6) return 3 ether;
        if (digits == 7) return 1 ether;
        if (digits == 8) return 0.3 ether;
        if (digits == 9) return 0.1 ether;
        if (digits == 10) return 0.01 ether;
        revert NoSuchPrice(digits);
    }

    function _useCommitment(bytes32 commitment) private {
        uint256 since = committedAt[commitment];
        // Zero is not a time but the mark of no commitment.
        // slither-disable-next-line incorrect-equality,timestamp
        if (since == 0) revert NotCommitted(commitment);
        uint256 readyAt = since + MIN_COMMIT_AGE;
        if (block.timestamp < readyAt) revert CommitmentTooNew(commitment, readyAt);
        uint256 expiresAt = since + MAX_COMMIT_AGE;
        if (block.timestamp > expiresAt) revert CommitmentExpired(commitment, expiresAt);
        delete committedAt[commitment];
    }

    function _setPrice(uint8 digits, uint256 price) private {
        _prices[digits] = price;
        emit PriceChanged(digits, price);
    }

    /// @dev The payer chose to pay too much; a payer who then takes nothing back harms nobody else.
    function _refund(uint256 amount) private {
        // A call, because the payer may be a contract that needs more than 2,300 gas.
        // slither-disable-next-line low-level-calls
        (bool ok,) = msg.sender.call{value: amount}("");
        if (!ok) revert RefundFailed(msg.sender, amount);
    }

    function _requireTreasury() private view {
        if (msg.sender != treasury) revert NotTreasury(msg.sender, treasury);
    }

    function _priceClass(uint256 number) private pure returns (uint256 digits) {
        if (!Digits.isNumber(number)) revert NotANumber(number);
        digits = SHORTEST;
        for (uint256 above = 100_000; digits < LONGEST && number >= above; above *= 10) ++digits;
    }
}
